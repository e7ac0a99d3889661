#!/bin/bash
# Fetch the Godot 4 engine (Debian's headless-capable build) into a folder; installs nothing.
#
#   scripts/get-godot.sh DIR [SUITE]     then: DIR/godot --headless --version
#
# Takes the packages of SUITE (default forky) with their libraries and loader, so that the engine runs on
# older systems too. Needs apt-get, dpkg-deb and the Debian archive keyring; about 150 MB to download, 270
# MB kept. Does nothing if DIR/godot is there.
set -euo pipefail

dir=$(realpath -m "${1:?usage: get-godot.sh DIR [SUITE]}")
suite=${2:-forky}
[ -x "$dir/godot" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # apt-get fills these in itself
mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' | awk '$1 == "Debian" && !n++ { print $2 }')
[ -n "$mirror" ] || { echo "get-godot: no Debian source in apt's lists; set TREMBLE_GODOT to a Godot 4 binary" >&2; exit 1; }

# An apt of our own: its lists, status and cache lie in the work folder.
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/etc/preferences.d" "$work/tree"
: > "$work/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror $suite main" > "$work/sources.list"
apt=(apt-get -qq
  -o Dir::Etc="$work/etc" -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=-
  -o Dir::State="$work" -o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status"
  -o Dir::Cache="$work/cache" -o APT::Install-Recommends=0 -o Debug::NoLocking=1
  -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3)
"${apt[@]}" update
"${apt[@]}" -y --download-only install godot > /dev/null
for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$work/tree"; done

# Keep the binary and what its loader loads.
libraries="$work/tree/usr/lib/$(uname -m)-linux-gnu"
loader=$(cd "$libraries" && ls ld-linux-*.so.*)
new="$dir.new.$$"
mkdir -p "$new/lib"
"$libraries/$loader" --library-path "$libraries:$libraries/pulseaudio" --list "$work/tree/usr/bin/godot" |
  awk '$3 ~ /^\// { print $3 }' | sort -u | while read -r library; do cp -L "$library" "$new/lib/"; done
cp -L "$libraries/$loader" "$new/lib/"
cp "$work/tree/usr/bin/godot" "$new/godot.bin"
cat > "$new/godot" <<START
#!/bin/sh
here=\$(dirname "\$(realpath "\$0")")
exec "\$here/lib/$loader" --library-path "\$here/lib" "\$here/godot.bin" "\$@"
START
chmod +x "$new/godot"
rm -rf "$dir"
mv "$new" "$dir"
