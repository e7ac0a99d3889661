/* The first thing that runs of the single-file server: it unpacks the rest once, and starts it.
 *
 * One static program in two roles, so that neither needs anything of the machine but its kernel:
 *
 *   tremble-VERSION-linux-x86_64   itself + tree.tar.gz + 40 bytes: length in 8 (little endian), name in 32
 *     -> unpacks the tree into CACHE/tremble/NAME, unless it lies there, and runs its bin/python
 *   .../bin/python                 beside it lie ld.so, the interpreter and every library it needs
 *     -> ld.so --library-path TREE/lib TREE/bin/python.real ARGUMENTS
 *
 * NAME is the start of the digest of the archive. CACHE is TREMBLE_CACHE, else XDG_CACHE_HOME, else
 * HOME/.cache, else /tmp/tremble-UID. The tree is unpacked beside its place and renamed into it: whoever
 * finds it finds it whole, and two that start at once do not disturb each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define TRAILER 40
#define NAME 32
#define BLOCK 512

static void fail(const char *what, const char *path) {
    fprintf(stderr, "tremble: %s %s: %s; TREMBLE_CACHE names another directory to unpack into\n",
            what, path, strerror(errno));
    exit(1);
}

static void join(char *out, const char *a, const char *b) {
    if (snprintf(out, PATH_MAX, "%s/%s", a, b) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        fail("cannot use", a);
    }
}

/* Make every directory above the file *path*. */
static void make_parents(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0755) && errno != EEXIST) fail("cannot make", path);
        *slash = '/';
    }
}

/* Copy *size* bytes of the archive into the new file *path*. */
static void unpack_file(gzFile archive, const char *path, uint64_t size, int mode) {
    static char buffer[1 << 16];
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (out < 0) fail("cannot write", path);
    uint64_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
    while (padded) {
        int wanted = padded < sizeof buffer ? (int)padded : (int)sizeof buffer;
        if (gzread(archive, buffer, wanted) != wanted) {
            errno = EIO;
            fail("the archive is damaged at", path);
        }
        uint64_t useful = size < (uint64_t)wanted ? size : (uint64_t)wanted;
        for (uint64_t done = 0; done < useful;) {
            ssize_t count = write(out, buffer + done, useful - done);
            if (count < 0) fail("cannot write", path);
            done += (uint64_t)count;
        }
        size -= useful;
        padded -= (uint64_t)wanted;
    }
    if (close(out)) fail("cannot write", path);
}

/* Unpack the archive (ustar with short names of our own making: files, directories, links). */
static void unpack(gzFile archive, const char *target) {
    char header[BLOCK], path[PATH_MAX], name[257];
    while (gzread(archive, header, BLOCK) == BLOCK && header[0]) {
        snprintf(name, sizeof name, "%.155s%s%.100s", header + 345, header[345] ? "/" : "", header);
        join(path, target, name);
        make_parents(path);
        int mode = (int)strtol(header + 100, NULL, 8);
        char kind = header[156];
        if (kind == '5') {
            if (mkdir(path, 0755) && errno != EEXIST) fail("cannot make", path);
        } else if (kind == '2') {
            char to[101];
            snprintf(to, sizeof to, "%.100s", header + 157);
            if (symlink(to, path)) fail("cannot make", path);
        } else if (kind == '0') {
            unpack_file(archive, path, strtoull(header + 124, NULL, 8), mode);
        } else {
            errno = EINVAL;
            fail("the archive holds something else at", path);
        }
    }
    /* The check sum stands at the end: read up to it. */
    int left;
    while ((left = gzread(archive, header, BLOCK)) > 0) continue;
    if (left < 0 || gzclose(archive) != Z_OK) {
        errno = EIO;
        fail("the archive is damaged, fetch it again;", target);
    }
}

static void cache_directory(char *out) {
    const char *own = getenv("TREMBLE_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char base[PATH_MAX];
    if (own && *own) {
        join(base, own, "");
    } else if (xdg && *xdg) {
        join(base, xdg, "tremble");
    } else if (home && *home && strcmp(home, "/")) {
        join(base, home, ".cache/tremble");
    } else {
        snprintf(base, sizeof base, "/tmp/tremble-%u", (unsigned)getuid());
    }
    strcpy(out, base);
}

/* Refuse a directory that somebody else could have filled. */
static void check_owner(const char *path) {
    struct stat found;
    if (stat(path, &found)) fail("cannot use", path);
    if ((found.st_uid != getuid() && found.st_uid != 0) || (found.st_mode & (S_IWGRP | S_IWOTH))) {
        errno = EPERM;
        fail("others can write to", path);
    }
}

static void install(const char *self, const char *tree, uint64_t length) {
    char made[PATH_MAX];
    if (snprintf(made, sizeof made, "%s.%d", tree, (int)getpid()) >= PATH_MAX) exit(1);
    int file = open(self, O_RDONLY | O_CLOEXEC);
    if (file < 0 || lseek(file, -(off_t)(length + TRAILER), SEEK_END) < 0) fail("cannot read", self);
    gzFile archive = gzdopen(file, "rb");
    if (!archive) fail("cannot read", self);
    unpack(archive, made);
    if (rename(made, tree) && access(tree, X_OK)) fail("cannot make", tree);
}

/* Run the interpreter of *tree* with its own libraries. */
static void run_python(const char *tree, int argc, char **argv, const char *first[], int firsts) {
    char loader[PATH_MAX], libraries[PATH_MAX], real[PATH_MAX], named[PATH_MAX];
    join(loader, tree, "lib/ld.so");
    join(libraries, tree, "lib");
    join(real, tree, "bin/python.real");
    join(named, tree, "bin/python");
    char **all = calloc((size_t)(argc + firsts + 8), sizeof *all);
    if (!all) exit(1);
    int n = 0;
    all[n++] = loader;
    all[n++] = "--library-path";
    all[n++] = libraries;
    all[n++] = "--argv0";
    all[n++] = named;
    all[n++] = real;
    for (int i = 0; i < firsts; i++) all[n++] = (char *)first[i];
    for (int i = 1; i < argc; i++) all[n++] = argv[i];
    setenv("PYTHONHOME", tree, 1);
    setenv("PYTHONNOUSERSITE", "1", 1);
    unsetenv("PYTHONPATH");
    execv(loader, all);
    fail("cannot run", loader);
}

int main(int argc, char **argv) {
    char self[PATH_MAX], tree[PATH_MAX], cache[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) {
        fprintf(stderr, "tremble: /proc/self/exe: %s; mount -t proc proc /proc\n", strerror(errno));
        return 1;
    }
    self[length] = 0;

    unsigned char trailer[TRAILER];
    int file = open(self, O_RDONLY | O_CLOEXEC);
    if (file < 0 || lseek(file, -TRAILER, SEEK_END) < 0 || read(file, trailer, TRAILER) != TRAILER)
        fail("cannot read", self);
    close(file);

    char *end = strrchr(self, '/');
    if (strcmp(end, "/python") == 0) { /* the second role: TREE/bin/python */
        *end = 0;
        *strrchr(self, '/') = 0;
        run_python(self, argc, argv, NULL, 0);
    }
    uint64_t archive = 0;
    for (int i = 7; i >= 0; i--) archive = archive << 8 | trailer[i];
    char name[NAME + 1];
    snprintf(name, sizeof name, "%.32s", (const char *)trailer + 8);
    cache_directory(cache);
    join(tree, cache, name);
    make_parents(tree);
    check_owner(cache);
    if (access(tree, X_OK)) install(self, tree, archive);
    check_owner(tree);
    setenv("TREMBLE_SINGLE", self, 1); /* what a restart begins with: maybe a newer one by then */
    const char *module[] = {"-I", "-m", "tremble"};
    run_python(tree, argc, argv, module, 3);
    return 1;
}
