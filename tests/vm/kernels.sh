# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Kernels of the test VM: which there are, where they come from, how a module is built for
# them.  Sourced by scripts/vm and build-debug-kernel, which provide die, note, $repo and $cache.
# shellcheck disable=SC2154,SC2034 # set or used by those
#
# Everything comes from Debian's package lists through an apt state of our own, so that the
# host's package state is neither used nor touched, and is checked against Debian's keys.
# Nothing names a package version: those vanish from the mirrors.  Layout of the cache:
#
#   apt/SUITE/              lists and configuration, one state per build suite
#   chroot/SUITE/           compiler and kbuild needs of a suite that is not the host's own
#   kernels/VERSION/        root/ (the unpacked packages), info (shell variables), initramfs
#   kernels/NAME-FLAVOUR    link to the one in use
#   build/VERSION/          the module, built out of tree
#   debug-kernel/           output of tests/vm/build-debug-kernel
#   runs/                   jobs

# name|suites to look in, best version wins|pattern of the version
KERNELS='
6.1|bookworm|6\.1\.[0-9]+
6.12|bookworm|6\.12\.[0-9]+
latest|trixie sid|[0-9]+\.[0-9]+(\.[0-9]+)?
debug|-|-
'

# suite|its package lists, as mirror:distribution|compiler that its kernels are built with
SUITES='
bookworm|main:bookworm main:bookworm-updates security:bookworm-security|gcc-12
trixie|main:trixie main:trixie-backports|gcc-14
sid|main:sid|gcc
'

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# What building a module needs, besides the compiler, in a chroot of another suite.
CHROOT_PACKAGES=base-files,coreutils,dash,bash,make,sed,grep,gawk,findutils,diffutils,perl-base,libelf1t64,libssl3t64,dwarves,sparse,kmod,xz-utils

table_row() { # TABLE KEY -> the rest of that row
	local line
	while IFS= read -r line; do
		if [[ $line == "$2|"* ]]; then
			printf '%s\n' "${line#*|}"
			return 0
		fi
	done <<<"$1"
	return 1
}

kernel_names() {
	local line
	while IFS= read -r line; do
		[[ -z $line ]] || printf '%s\n' "${line%%|*}"
	done <<<"$KERNELS"
}

kernel_known() {
	table_row "$KERNELS" "$1" >/dev/null ||
		usage_error "no kernel '$1': there are $(kernel_names | paste -sd' ') and all"
}

# ---- mirrors and package lists ---------------------------------------------------------

# The host's own apt knows a mirror that works from here.  $(ORIGIN) needs downloaded lists;
# without them the usual path of a Debian mirror has to do.
mirror_from_apt() { # main|security
	local want=$1 origin release uri
	# shellcheck disable=SC2016 # apt's own variables
	local format='$(ORIGIN)|$(RELEASE)|$(REPO_URI)'
	while IFS='|' read -r origin release uri; do
		[[ $uri == http://* || $uri == https://* ]] || continue
		[[ $origin == Debian || ( -z $origin && $uri =~ /debian(-security)?/?$ ) ]] || continue
		case $want:$release in
		security:*-security) ;;
		main:*-security | security:*) continue ;;
		esac
		printf '%s\n' "${uri%/}"
		return 0
	done < <(apt-get indextargets --format "$format" 2>/dev/null)
	return 1
}

mirror() { # main|security
	local set=${VMSCOPE_MIRROR:-}
	[[ $1 == main ]] || set=${VMSCOPE_SECURITY_MIRROR:-}
	if [[ -n $set ]]; then
		printf '%s\n' "${set%/}"
		return
	fi
	mirror_from_apt "$1" && return
	local variable=VMSCOPE_MIRROR
	[[ $1 == main ]] || variable=VMSCOPE_SECURITY_MIRROR
	die "the host's apt sources name no Debian $1 mirror: set $variable to the URI of one"
}

suite_sources() { # SUITE -> lines of a sources.list
	local lists list uri
	lists=$(table_row "$SUITES" "$1") || die "no suite '$1'"
	for list in ${lists%|*}; do
		uri=$(mirror "${list%%:*}") || exit
		printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$uri" "${list#*:}"
	done
}

suite_compiler() {
	local row
	row=$(table_row "$SUITES" "$1")
	printf '%s\n' "${row#*|}"
}

# The host's apt.conf.d stays in force (a proxy may be set there), but not its hooks.
apt_setup() { # SUITE
	local dir=$cache/apt/$1 sources
	[[ -r $KEYRING ]] || die "$KEYRING is missing: run scripts/deps"
	mkdir -p "$dir"/{state/lists/partial,cache/archives/partial}
	: >"$dir/status"
	sources=$(suite_sources "$1") || exit 125
	printf '%s\n' "$sources" >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-EOF
		#clear APT::Update;
		#clear DPkg::Pre-Install-Pkgs;
		#clear DPkg::Pre-Invoke;
		#clear DPkg::Post-Invoke;
		Dir::State "$dir/state";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc::SourceList "$dir/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		APT::Sandbox::User "$(id -un)";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
	EOF
}

apt_tool() { # SUITE TOOL ARGS...
	local suite=$1 tool=$2
	shift 2
	"$tool" -c "$cache/apt/$suite/apt.conf" "$@"
}

# A mirror may be between two pushes, a connection may drop: worth more than one try.
retry() { # COMMAND...
	local try
	for try in 1 2 3; do
		"$@" && return 0
		[[ $try == 3 ]] || sleep $((try * 5))
	done
	return 1
}

# Some suites are only a place where something newer may be found (sid): not reaching them
# is worth a word, no more.
apt_update() { # SUITE -> false when its lists cannot be had
	local log=$cache/apt/$1/update.log
	apt_setup "$1"
	note "fetching the package lists of $1"
	retry apt_tool "$1" apt-get -qq -o APT::Update::Error-Mode=any update >"$log" 2>&1 && return 0
	note "no package lists of $1: $(grep -m1 '^E:' "$log")"
	return 1
}

# Versions (as in the package's name, which is what uname -r says) that have both an image
# and headers.  Release candidates have a name of another form and so never match.
suite_versions() { # SUITE PATTERN FLAVOUR
	local flavour=
	[[ $3 == full ]] || flavour=$3-
	apt_tool "$1" apt-cache search --names-only '^linux-(image|headers)-[0-9]' |
		sed -nE "s/^linux-(image|headers)-($2(\+[a-z0-9.]+)?(-[0-9]+)?-${flavour}amd64) .*/\2/p" |
		sort -V | uniq -d
}

# ---- fetching --------------------------------------------------------------------------

# The image, the headers, and those of their parts whose names carry a kernel version.
kernel_packages() { # SUITE KVER
	printf '%s\n' "linux-image-$2" "linux-headers-$2"
	apt_tool "$1" apt-cache depends "linux-image-$2" "linux-headers-$2" |
		sed -nE 's/^ *(Pre)?Depends: (linux-(base|binary|modules|kbuild|headers)-[0-9].*)/\2/p'
}

# The headers' makefiles name /usr/src; point them to where they are.
relocate_headers() { # ROOT
	local makefile
	for makefile in "$1"/usr/src/linux-headers-*/Makefile; do
		sed -i -E "s#(^|[= ])[^= ]*(/usr/src/linux-headers-)#\1$1\2#g" "$makefile"
	done
}

download_debs() { # SUITE DIR PACKAGES...
	local suite=$1 dir=$2
	shift 2
	mkdir -p "$dir"
	(cd "$dir" && retry apt_tool "$suite" apt-get -qq download "$@") ||
		die "cannot download from the mirror: $*"
}

kernel_fetch() { # NAME FLAVOUR
	local name=$1 flavour=$2 row suite kver best='' best_suite='' reached='' dir packages
	row=$(table_row "$KERNELS" "$name")
	for suite in ${row%%|*}; do
		apt_update "$suite" || continue
		reached=yes
		kver=$(suite_versions "$suite" "${row#*|}" "$flavour" | tail -n 1)
		if [[ -n $kver && $(printf '%s\n' "$best" "$kver" | sort -V | tail -n 1) != "$best" ]]; then
			best=$kver best_suite=$suite
		fi
	done
	[[ -n $reached ]] ||
		die "kernel $name cannot be fetched: is there a network? VMSCOPE_MIRROR names another mirror"
	[[ -n $best ]] || die "no kernel for $name ($flavour) in the package lists of ${row%%|*}"

	dir=$cache/kernels/$best
	if [[ ! -e $dir/info ]]; then
		note "fetching kernel $best"
		rm -rf "$dir"
		mapfile -t packages < <(kernel_packages "$best_suite" "$best")
		download_debs "$best_suite" "$dir/debs" "${packages[@]}"
		for deb in "$dir"/debs/*.deb; do
			dpkg-deb -x "$deb" "$dir/root" || die "cannot unpack $deb"
		done
		rm -rf "$dir/debs"
		[[ -d $dir/root/lib/modules ]] || ln -sfn usr/lib "$dir/root/lib"
		depmod -b "$dir/root" "$best" || die "depmod failed for $best"
		printf 'kernel_version=%q\nkernel_suite=%q\n' "$best" "$best_suite" >"$dir/info"
	fi
	ln -sfn "$best" "$cache/kernels/$name-$flavour"
	drop_unused
}

# Kernels that a newer one has replaced, with what was built for them.
drop_unused() {
	local dir version
	for dir in "$cache"/kernels/*/; do
		dir=${dir%/}
		version=${dir##*/}
		[[ -L $dir ]] || find "$cache/kernels" -maxdepth 1 -type l -lname "$version" | grep -q . ||
			rm -rf "$dir" "${cache:?}/build/$version"
	done
}

# The debug kernel is built by us, or was and is taken from a folder.
debug_fetch() {
	local from=${VMSCOPE_DEBUG_KERNEL:-$cache/debug-kernel} dir=$cache/kernels/debug.new kver
	if [[ -z ${VMSCOPE_DEBUG_KERNEL:-} && ! -e $from/bzImage ]]; then
		note "building the debug kernel: this takes half an hour, once"
		"$repo/tests/vm/build-debug-kernel" "$from" || die "the debug kernel could not be built"
	fi
	for file in bzImage build.tar.xz config; do
		[[ -r $from/$file ]] || die "the debug kernel's folder $from lacks $file"
	done
	note "unpacking the debug kernel"
	rm -rf "$dir"
	mkdir -p "$dir/root/boot"
	tar -xJf "$from/build.tar.xz" -C "$dir" || die "cannot unpack $from/build.tar.xz"
	[[ -r $dir/build/include/config/kernel.release ]] ||
		die "$from/build.tar.xz is no module build tree (build/include/config/kernel.release is missing)"
	kver=$(<"$dir/build/include/config/kernel.release")
	cp "$from/bzImage" "$dir/root/boot/vmlinuz-$kver"
	cp "$from/config" "$dir/root/boot/config-$kver"
	printf 'kernel_version=%q\nkernel_suite=bookworm\nkernel_source=%q\n' "$kver" \
		"$(debug_stamp "$from")" >"$dir/info"
	rm -rf "${cache:?}/kernels/$kver"
	mv "$dir" "$cache/kernels/$kver"
	ln -sfn "$kver" "$cache/kernels/debug-full"
}

debug_stamp() { # FOLDER
	stat -c '%n %s %Y' "$1/bzImage" 2>/dev/null
}

# ---- preparing and using -----------------------------------------------------------------

with_lock() { # NAME COMMAND...: one at a time, across all runs with this cache
	local name=$1 status=0
	shift
	mkdir -p "$cache"
	(
		flock 8
		"$@" 8>&-
	) 8>"$cache/$name.lock" || status=$?
	return $status
}

kernel_ensure() { # NAME FLAVOUR REFRESH: under the lock
	local link=$cache/kernels/$1-$2
	mkdir -p "$cache/kernels"
	if [[ $1 == debug ]]; then
		local source='' kernel_source=''
		# shellcheck disable=SC1091 # written by debug_fetch
		[[ ! -e $link/info ]] || source "$link/info"
		[[ -z ${VMSCOPE_DEBUG_KERNEL:-} ]] || source=$(debug_stamp "$VMSCOPE_DEBUG_KERNEL") ||
			die "VMSCOPE_DEBUG_KERNEL: no bzImage in $VMSCOPE_DEBUG_KERNEL"
		[[ -n $kernel_source && ( -z $source || $source == "$kernel_source" ) ]] || debug_fetch
	elif [[ -n $3 || ! -e $link/info ]]; then
		kernel_fetch "$1" "$2"
	fi
}

# Newer packages have these beside the modules.
kernel_file() { # vmlinuz|config
	local file
	for file in "$k_dir/root/boot/$1-$k_version" "$k_dir/root/lib/modules/$k_version/$1"; do
		if [[ -e $file ]]; then
			printf '%s\n' "$file"
			return
		fi
	done
	die "the packages of kernel $k_version hold no $1"
}

# The kernel in use: its name in the table, uname -r, build suite, folders and files.
k_name='' k_version='' k_suite='' k_dir='' k_image='' k_config='' k_headers='' k_modules=''

kernel_use() { # NAME FLAVOUR [REFRESH]
	local flavour=$2 kernel_version kernel_suite kernel_source
	[[ $1 != debug ]] || flavour=full
	with_lock kernels kernel_ensure "$1" "$flavour" "${3:-}" || exit 125
	k_name=$1
	k_dir=$(readlink -f "$cache/kernels/$1-$flavour")
	# shellcheck disable=SC1091 # written by kernel_fetch
	source "$k_dir/info"
	k_version=$kernel_version
	k_suite=$kernel_suite
	k_image=$(kernel_file vmlinuz) || exit
	k_config=$(kernel_file config) || exit
	k_modules=
	if [[ $1 == debug ]]; then
		k_headers=$k_dir/build
	else
		k_headers=$k_dir/root/usr/src/linux-headers-$k_version
		k_modules=$k_dir/root/lib/modules/$k_version
		grep -qxF "$k_dir" "$k_dir/relocated" 2>/dev/null || with_lock kernels relocate "$k_dir"
	fi
}

relocate() { # DIR; again whenever the checkout was moved
	relocate_headers "$1/root"
	printf '%s\n' "$1" >"$1/relocated"
}

# ---- building ----------------------------------------------------------------------------

host_codename() {
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

# A kernel's headers hold programs (modpost, objtool, fixdep) linked against the libc of its
# own suite, and want the compiler of that suite: where the host is of another suite,
# building happens in a chroot.
chroot_make() { # SUITE: under the lock
	local dir=$cache/chroot/$1 compiler proxy options=()
	[[ ! -e $dir/.complete ]] || return 0
	compiler=$(suite_compiler "$1")
	note "making a build chroot of $1"
	mapfile -t proxy < <(apt-config dump Acquire | grep -E '^Acquire::https?::Proxy "' || :)
	for proxy in "${proxy[@]}"; do
		options+=(--aptopt="$proxy")
	done
	rm -rf "$dir"
	mkdir -p "$dir"
	# Unpacking is enough, no package needs its scripts run.
	suite_sources "$1" >"$dir.sources" || exit 125
	chroot_tar "$1" "$compiler" "${options[@]}" >"$dir.tar" 2>"$dir.log" ||
		die "cannot make the $1 chroot: $(tail -n 3 "$dir.log")"
	tar -xf "$dir.tar" -C "$dir" --no-same-owner --exclude='./dev/*' ||
		die "cannot unpack the $1 chroot"
	rm -f "$dir.tar" "$dir.sources" "$dir.log"
	ln -sfn gawk "$dir/usr/bin/awk"
	ln -sfn "$compiler" "$dir/usr/bin/gcc"
	mkdir -p "$dir/tmp" "$dir$cache"
	: >"$dir/.complete"
}

chroot_tar() { # SUITE COMPILER OPTIONS...
	local suite=$1 compiler=$2 include=$CHROOT_PACKAGES
	shift 2
	# bookworm predates the 64-bit time_t names
	[[ $suite != bookworm ]] || include=${include//t64/}
	retry mmdebstrap --quiet --variant=extract --arch=amd64 "$@" \
		--include="$include,$compiler" "$suite" - - <"$cache/chroot/$suite.sources"
}

# The mounts end with their namespace; a user other than root gets them from a user namespace.
in_chroot() { # SUITE COMMAND...
	local root=$cache/chroot/$1 map=()
	shift
	[[ $(id -u) == 0 ]] || map=(--user --map-root-user)
	# shellcheck disable=SC2016 # for the inner shell
	unshare "${map[@]}" --mount --pid --fork sh -c '
		root=$1 cache=$2
		shift 2
		mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
		mkdir -p "$root$cache" && mount --rbind "$cache" "$root$cache" || exit 125
		exec chroot "$root" env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin HOME=/tmp LC_ALL=C.UTF-8 "$@"
	' sh "$root" "$cache" "$@"
}

in_build_env() { # COMMAND...: for kernel_use's kernel
	if [[ $k_suite == "$(host_codename)" ]]; then
		"$@"
	else
		with_lock chroot chroot_make "$k_suite" || exit 125
		in_chroot "$k_suite" "$@"
	fi
}

# Four kernels must not share objects: each has a copy of the source.  Times are kept, so
# that make does only what changed; what make made is kept too.
module_copy() { # FROM TO
	mkdir -p "$2"
	rsync -a --delete --exclude=.git \
		--filter='protect *.o' --filter='protect *.ko' --filter='protect *.mod*' \
		--filter='protect .*.cmd' --filter='protect .*.d' --filter='protect Module.symvers' \
		--filter='protect modules.order' "$1/" "$2/" || die "cannot copy $1 to $2"
	# the module's version stands one level above its folder
	[[ ! -e $1/../VERSION ]] || cp -p "$1/../VERSION" "${2%/*}/VERSION"
}

module_make() { # FROM TO ARGS...
	local from=$1 to=$2
	shift 2
	module_copy "$from" "$to"
	in_build_env make -C "$to" KERNELDIR="$k_headers" "$@"
}

module_build_locked() { # FROM TO
	local log=$2.log
	mkdir -p "${2%/*}"
	if ! module_make "$1" "$2" -j"$(nproc)" >"$log" 2>&1; then
		cat "$log" >&2
		die "the module does not build for $k_version"
	fi
	# Warnings are for whoever runs this, even when the build goes on to succeed.
	grep -E '^[^ ]+:[0-9]+:.* warning: |^WARNING: ' "$log" >&2 || :
}

# Prints the path of the module.  A folder other than module/ is one of a test's own.
module_build() { # [DIR]
	local from to built
	from=$(readlink -m "${1:-$repo/module}")
	[[ -e $from/Makefile || -e $from/Kbuild ]] || die "$from has no Makefile: nothing to build"
	to=$cache/build/$k_version/$(basename "$from")
	[[ $from == "$repo/module" ]] || to+=-$(printf '%s' "$from" | cksum | cut -d' ' -f1)
	mkdir -p "${to%/*}"
	with_lock "build/$k_version/build" module_build_locked "$from" "$to" >&2 || exit 125
	built=$(compgen -G "$to/*.ko" | head -n 1)
	[[ ! -e $to/vmscope.ko ]] || built=$to/vmscope.ko
	[[ -n $built ]] || die "$from built no .ko for $k_version"
	printf '%s\n' "$built"
}
