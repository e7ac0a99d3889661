// On a phone the navigation is one line that scrolls: the present page's entry is brought into it.

const nav = document.querySelector("nav");
const current = nav.querySelector("[aria-current]");
if (current) nav.scrollLeft = current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
