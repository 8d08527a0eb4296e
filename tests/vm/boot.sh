# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# One boot of the test VM: initramfs, QEMU's arguments, watching, what came of it.
# Sourced by scripts/vm, which provides die, note, $repo, $cache, the options and, through
# kernels.sh, the kernel.
# shellcheck disable=SC2154 # set by those

# Statuses that are the harness's own; scripts/vm --help lists them.
STATUS_TIMEOUT=124
STATUS_HARNESS=125
STATUS_CONSOLE=126

# How long a boot may take to reach the job, in seconds, and how often it may be tried.
BOOT_LIMIT=180
BOOT_TRIES=3

# Modules for the boot itself, by the way in which folders are shared; those for the job are
# loaded in the guest.
BOOT_MODULES='
9p|virtio_pci virtio_console 9pnet_virtio 9p overlay
virtiofs|virtio_pci virtio_console virtiofs overlay
'

# Size of the swap space, on disk or zram.
SWAP_MIB=512

# Expected taints: O (out of tree) and E (unsigned).
TAINT_EXPECTED=12288

# Kernel command line.  The watchdogs' limits are raised because the guest is emulated, on a
# machine that others use too; an oops ends the run at once, its text is what is wanted.
BASE_CMDLINE='console=ttyS0 quiet loglevel=5 panic=-1 oops=panic no_timer_check tsc=reliable'
BASE_CMDLINE+=' watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120'

# ---- initramfs ---------------------------------------------------------------------------

# 9p needs nothing on the host but QEMU; Debian's kernels for clouds do not have it.
shares() {
	if grep -qE '^CONFIG_9P_FS=[ym]' "$k_config"; then
		echo 9p
	else
		echo virtiofs
	fi
}

boot_module_files() {
	local name
	[[ -n $k_modules ]] || return 0
	for name in $(table_row "$BOOT_MODULES" "$(shares)"); do
		modprobe -d "$k_dir/root" -S "$k_version" --show-depends "$name" 2>/dev/null ||
			die "kernel $k_version has no $name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

unpack_module() { # FILE TO
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dcq "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac >"$2/$(basename "$1" | sed -E 's/\.(xz|zst|gz)$//')"
}

initramfs_build() { # OUTPUT
	local dir=$1.dir applet file
	rm -rf "$dir"
	mkdir -p "$dir"/{bin,proc,sys,dev,host,job,over,new,modules}
	cp /bin/busybox "$dir/bin/" || die "no /bin/busybox: run scripts/deps"
	for applet in sh mount mkdir insmod cat switch_root poweroff; do
		ln -s busybox "$dir/bin/$applet"
	done
	cp "$repo/tests/vm/init" "$dir/init"
	while IFS= read -r file; do
		unpack_module "$file" "$dir/modules"
	done < <(boot_module_files)
	boot_module_files | xargs -r -n1 basename | sed -E 's/\.(xz|zst|gz)$//' >"$dir/modules.order"
	(cd "$dir" && find . | cpio -o -H newc --quiet | gzip -1) >"$1.new" && mv "$1.new" "$1"
	rm -rf "$dir"
}

initramfs_ensure() { # OUTPUT: under the lock
	[[ -e $1 ]] || initramfs_build "$1"
}

initramfs() { # -> path; one per content of init
	local file
	file=$k_dir/initramfs-$(cat "$repo/tests/vm/init" /bin/busybox | cksum | cut -d' ' -f1).gz
	with_lock kernels initramfs_ensure "$file" || die "cannot make the initramfs of $k_version"
	printf '%s\n' "$file"
}

# ---- accelerator -------------------------------------------------------------------------

# /dev/kvm that opens is no promise that guests run.  The probe is a boot sector which leaves
# QEMU with status 33 (mov $0x10,%al; out %al,$0xf4; hlt), and has ten seconds.
kvm_probe() {
	local image=$cache/kvm-probe.$$.img status=0
	[[ -r /dev/kvm && -w /dev/kvm ]] || return 1
	printf '\xb0\x10\xe6\xf4\xf4' >"$image"
	truncate -s 510 "$image"
	printf '\x55\xaa' >>"$image"
	timeout -k 1 10 qemu-system-x86_64 -M pc -accel kvm -cpu host -m 32 -nodefaults \
		-no-user-config -display none -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=1 \
		-drive "file=$image,format=raw,if=ide,readonly=on" </dev/null >/dev/null 2>&1 ||
		status=$?
	rm -f "$image"
	[[ $status == 33 ]]
}

kvm_key() {
	cat /proc/sys/kernel/random/boot_id
	qemu-system-x86_64 --version | head -n 1
}

kvm_answer() { # yes|no: remembered until the host or QEMU is another
	{
		kvm_key
		echo "$1"
	} >"$cache/kvm-probe.$$"
	mv "$cache/kvm-probe.$$" "$cache/kvm-probe"
}

kvm_works() {
	if [[ ! -e $cache/kvm-probe || $(head -n 2 "$cache/kvm-probe") != "$(kvm_key)" ]]; then
		# the shell reports a QEMU that aborts
		if kvm_probe 2>/dev/null; then
			kvm_answer yes
		else
			kvm_answer no
		fi
	fi
	[[ $(tail -n 1 "$cache/kvm-probe") == yes ]]
}

# Multi-threaded TCG of QEMU 7.2 kills boots now and then (code patching races); one thread
# still interleaves the guest's CPUs.
accel_arguments() {
	local accel=${opt[accel]}
	if [[ -n ${opt[icount]} ]]; then
		accel=tcg
	elif [[ $accel == auto ]]; then
		accel=tcg
		! kvm_works || accel=kvm
	fi
	case $accel in
	tcg) qemu+=(-accel "tcg,thread=single") ;;
	kvm) qemu+=(-accel kvm) ;;
	esac
	[[ -z ${opt[icount]} ]] || qemu+=(-icount "shift=0,sleep=off")
}

# ---- QEMU's arguments --------------------------------------------------------------------

mebibytes() { # SIZE[K]: 512, 512M, 4G
	local number=${1%[MmGg]}
	[[ $number =~ ^[0-9]+$ ]] || usage_error "'$1' is no size: write 512M or 4G"
	case $1 in
	*[Gg]) echo $((10#$number * 1024)) ;;
	*) echo $((10#$number)) ;;
	esac
}

gigantic_pages() {
	[[ ${opt[hugetlb]} =~ (^|,)1G=([0-9]+) ]] && echo $((10#${BASH_REMATCH[2]})) || echo 0
}

memory_mib() {
	local gigantic
	gigantic=$(gigantic_pages)
	if [[ -n ${opt[mem]} ]]; then
		mebibytes "${opt[mem]}"
	elif ((gigantic > 0)); then
		echo $((gigantic * 1024 + 3072))
	elif [[ $k_name == debug ]]; then
		echo 2048
	else
		echo 1024
	fi
}

# virtiofsd reads the guest's memory, which so has to be a file's.
memory_backend() { # ID MIB
	if [[ $(shares) == virtiofs ]]; then
		qemu+=(-object "memory-backend-memfd,id=$1,size=$2M,share=on")
	else
		qemu+=(-object "memory-backend-ram,id=$1,size=$2M")
	fi
}

numa_arguments() { # NODES CPUS MEM
	local node first last
	for ((node = 0; node < $1; node++)); do
		first=$((node * $2 / $1)) last=$(((node + 1) * $2 / $1 - 1))
		memory_backend "node$node" $(($3 / $1))
		if ((first <= last)); then
			qemu+=(-numa "node,nodeid=$node,memdev=node$node,cpus=$first-$last")
		else
			qemu+=(-numa "node,nodeid=$node,memdev=node$node")
		fi
	done
}

share_arguments() { # TAG PATH [OPTION]
	if [[ $(shares) == virtiofs ]]; then
		virtiofs+=("$1=$2")
		qemu+=(-chardev "socket,id=$1,path=$run/$1.socket"
			-device "vhost-user-fs-pci,chardev=$1,tag=$1")
		return
	fi
	qemu+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap${3:+,$3}"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

disk_arguments() { # SERIAL SIZE
	local image=$run/$1.img
	truncate -s "$2" "$image" || die "cannot make a disk of $2"
	qemu+=(-drive "file=${image//,/,,},format=raw,if=none,id=$1,cache=unsafe"
		-device "virtio-blk-pci,drive=$1,serial=$1")
}

cmdline() {
	local words=$BASE_CMDLINE gigantic
	words+=" vmscope.shares=$(shares)"
	gigantic=$(gigantic_pages)
	((gigantic == 0)) || words+=" hugepagesz=1G hugepages=$gigantic"
	printf '%s %s\n' "$words" "${opt[append]}"
}

# Every CPU is a socket of its own, as one socket across NUMA nodes is a kernel warning.
# q35 with -nodefaults boots as fast as microvm does here, and has NUMA and every device.
qemu_arguments() { # MODE
	local mem smp=${opt[smp]}
	mem=$(memory_mib)
	[[ -z ${opt[icount]} ]] || smp=1
	qemu=(qemu-system-x86_64 -M q35 -nodefaults -no-user-config -display none -no-reboot)
	accel_arguments
	qemu+=(-cpu "${opt[cpu]}" -smp "$smp,sockets=$smp" -m "${mem}M")
	qemu+=(-kernel "$k_image" -initrd "$(initramfs)" -append "$(cmdline)")
	if ((opt[numa] >= 2)); then
		numa_arguments "${opt[numa]}" "$smp" "$mem"
	else
		memory_backend memory "$mem"
		qemu+=(-machine memory-backend=memory)
	fi
	virtiofs=()
	share_arguments host / readonly=on
	share_arguments job "$run/job"
	share_arguments scratch "$scratch"
	# The kernel console, both ways: the time-out's SysRq goes in by it.
	qemu+=(-chardev "pipe,id=serial,path=$run/serial" -serial chardev:serial)
	qemu+=(-chardev "pipe,id=monitor,path=$run/monitor" -mon "chardev=monitor,mode=readline")
	qemu+=(-device virtio-serial-pci)
	if [[ $1 == shell ]]; then
		qemu+=(-chardev "stdio,id=tty,signal=off" -device "virtconsole,chardev=tty")
	else
		qemu+=(-chardev "file,id=out,path=$run/out"
			-device "virtserialport,chardev=out,name=vmscope.out")
		qemu+=(-chardev "file,id=err,path=$run/err"
			-device "virtserialport,chardev=err,name=vmscope.err")
	fi
	[[ ${opt[swap]} != disk ]] || disk_arguments swap "${SWAP_MIB}M"
	[[ -z ${opt[disk]} ]] || disk_arguments extra "${opt[disk]}"
}

# ---- the job's share -----------------------------------------------------------------------

quote() { # WORDS... for a POSIX shell
	local word between='' escaped="'\\''"
	for word in "$@"; do
		printf "%s'%s'" "$between" "${word//\'/"$escaped"}"
		between=' '
	done
}

setting() { # NAME VALUE
	printf '%s=%s\n' "$1" "$(quote "$2")"
}

write_config() { # MODE MODULE
	local rows=24 cols=80
	[[ ! -t 0 ]] || read -r rows cols < <(stty size)
	setting vm_token "$token"
	setting vm_mode "$1"
	setting vm_term "${TERM:-dumb}"
	setting vm_rows "$rows"
	setting vm_cols "$cols"
	setting vm_modules "$k_modules"
	setting vm_module "${2:+/run/vmscope/${2##*/}}"
	setting vm_module_args "${opt[module-args]}"
	setting vm_swap "${opt[swap]}"
	setting vm_swap_size "$SWAP_MIB"
	setting vm_disk "${opt[disk]}"
	setting vm_hugetlb "${opt[hugetlb]//,/ }"
	setting vm_kmemleak "${opt[kmemleak]}"
}

# shellcheck disable=SC2016 # PATH is the guest's
write_job() { # COMMAND...
	printf 'export PATH=%s:"$PATH"\n' "$(quote "$repo/build/bin")"
	printf 'export LD_LIBRARY_PATH=%s\n' "$(quote "$repo/build/lib")"
	printf 'export VMSCOPE_KERNEL=%s\n' "$(quote "$k_name")"
	printf 'cd %s || exit\n' "$(quote "$PWD")"
	printf 'exec %s\n' "$(quote "$@")"
}

# Folders below the guest's own /tmp and /run that have to be seen all the same.
write_keep() {
	printf '%s\n' "$PWD" "$repo" "$k_modules" | grep -E '^/(tmp|run)(/|$)' | sort -u || :
}

job_share() { # MODE MODULE COMMAND...
	local mode=$1 module=$2
	shift 2
	rm -rf "$run/job"
	mkdir -p "$run/job"
	cp "$repo/tests/vm/guest-job" "$run/job/"
	[[ -z $module ]] || cp "$module" "$run/job/"
	write_config "$mode" "$module" >"$run/job/config"
	write_job "$@" >"$run/job/job.sh"
	write_keep >"$run/job/keep"
}

# ---- watching ------------------------------------------------------------------------------

# A sleep that leaves no process behind when its shell is killed.
nap() {
	read -r -t "$1" <>"$run/nap" || :
}

monitor() { # COMMAND: its output goes to monitor.log
	printf '%s\n' "$1" >"$run/monitor.in"
	nap 1
}

# Where did it stand?  The kernel tells by itself when it still takes a serial interrupt, the
# CPUs' registers can be had even when it does not.
post_mortem() {
	local letter
	for letter in w l; do
		monitor 'chardev-send-break serial'
		printf '%s' $letter >"$run/serial.in"
		nap 2
	done
	monitor 'info registers -a'
}

# Runs beside QEMU; what it finds is left in a file, QEMU's end is its only other effect.
watch() { # PID
	local pid=$1 waited=0
	until [[ -e $run/job/booted ]]; do
		nap 0.5
		waited=$((waited + 1))
		if ((waited > BOOT_LIMIT * 2)); then
			echo boot >"$run/timed-out"
			kill -9 "$pid"
			return
		fi
	done
	[[ ${opt[timeout]} != 0 ]] || return 0
	nap "${opt[timeout]}"
	# Reports that the post-mortem itself may cause are not the job's.
	stat -c %s "$run/console.log" >"$run/console.size"
	echo job >"$run/timed-out"
	post_mortem
	kill -9 "$pid"
}

VIRTIOFSD=/usr/lib/qemu/virtiofsd

# One daemon per share; each ends with its QEMU.
virtiofs_start() {
	local share tag
	((${#virtiofs[@]})) || return 0
	[[ $(id -u) == 0 && -x $VIRTIOFSD ]] ||
		die "kernel $k_version has no 9p: it needs root and $VIRTIOFSD; --flavour full does not"
	for share in "${virtiofs[@]}"; do
		tag=${share%%=*}
		rm -f "$run/$tag.socket"
		# Its default sandbox cannot have / as its root.
		"$VIRTIOFSD" --socket-path="$run/$tag.socket" -o "source=${share#*=}" -o cache=auto \
			-o sandbox=chroot </dev/null >"$run/$tag.log" 2>&1 &
		children+=($!)
	done
	for share in "${virtiofs[@]}"; do
		tag=${share%%=*}
		# shellcheck disable=SC2016 # for the inner shell
		timeout 10 bash -c 'until [[ -S $1 ]]; do sleep 0.1; done' bash "$run/$tag.socket" ||
			die "virtiofsd does not start: $(tail -n 1 "$run/$tag.log")"
	done
}

boot_once() { # MODE
	local reader=() qemu_pid watch_pid
	rm -f "$run"/{serial,monitor}.{in,out} "$run"/{out,err,nap,timed-out,console.size}
	rm -f "$run"/job/{booted,status,harness-error,leaks}
	mkfifo "$run"/{serial,monitor}.{in,out} "$run"/{out,err,nap}
	: >"$run/console.log"
	# Before the readers: where this fails, nobody would ever end those.
	virtiofs_start
	cat "$run/serial.out" >"$run/console.log" &
	reader+=($!)
	cat "$run/monitor.out" >"$run/monitor.log" &
	reader+=($!)
	if [[ $1 == job ]]; then
		cat "$run/out" &
		reader+=($!)
		cat "$run/err" >&2 &
		reader+=($!)
	fi
	# Should this shell be killed, no guest stays behind.
	setpriv --pdeathsig KILL "${qemu[@]}" <&0 2>"$run/qemu.log" &
	qemu_pid=$!
	children+=("$qemu_pid" "${reader[@]}")
	watch "$qemu_pid" 2>/dev/null &
	watch_pid=$!
	children+=("$watch_pid")
	wait "$qemu_pid" 2>/dev/null || :
	kill "$watch_pid" 2>/dev/null || :
	# QEMU that did not start never opened the pipes: nobody would ever close them.
	[[ -s $run/qemu.log && ! -e $run/job/booted ]] && kill "${reader[@]}" 2>/dev/null
	wait "${reader[@]}" "$watch_pid" 2>/dev/null || :
	children=()
}

# ---- what came of it ------------------------------------------------------------------------

show() { # HEADING FILE [LINES]
	printf 'vm: %s:\n' "$1" >&2
	tail -n "${3:-40}" "$2" | tr -d '\r' | sed 's/^/    /' >&2
}

console_clean() {
	local size log=$run/console.log
	if [[ -e $run/console.size ]]; then
		size=$(<"$run/console.size")
		head -c "$size" "$log" >"$run/console.job"
		log=$run/console.job
	fi
	"$repo/tests/vm/console-check" "$log" >"$run/report"
}

show_timeout() {
	note "time-out: the job did not end within ${opt[timeout]} s (--timeout)"
	show "the last console lines" "$run/console.job" 20
	tail -c "+$(($(<"$run/console.size") + 1))" "$run/console.log" >"$run/sysrq"
	show "blocked tasks (SysRq w) and what the CPUs do (SysRq l)" "$run/sysrq" 200
	grep -aE 'CPU#|RIP|CR3' "$run/monitor.log" | tr -d '\r' >"$run/registers" || :
	[[ ! -s $run/registers ]] || show "registers" "$run/registers"
}

# Prints what is wrong and returns the run's status.
verdict() {
	local got='' status='' taint=''
	if ! console_clean; then
		note "kernel $k_version reported a problem on its console:"
		sed 's/^/    /' "$run/report" >&2
		return $STATUS_CONSOLE
	fi
	if [[ -e $run/timed-out ]]; then
		show_timeout
		return $STATUS_TIMEOUT
	fi
	read -r got status taint 2>/dev/null <"$run/job/status" || :
	if [[ $got != "$token" ]]; then
		note "the guest ended without saying that the job did"
		show "the last console lines" "$run/console.log"
		return $STATUS_HARNESS
	fi
	if [[ -s $run/job/harness-error ]]; then
		note "$(<"$run/job/harness-error")"
		return $STATUS_HARNESS
	fi
	if [[ -s $run/job/leaks ]]; then
		note "kmemleak found memory that nothing refers to:"
		sed 's/^/    /' "$run/job/leaks" >&2
		return $STATUS_CONSOLE
	fi
	if ((taint & ~TAINT_EXPECTED)); then
		note "the kernel is tainted ($taint): only $TAINT_EXPECTED (out of tree, unsigned) is expected"
		return $STATUS_CONSOLE
	fi
	return "$status"
}

boot_failed() {
	if [[ -s $run/qemu.log && ! -s $run/console.log ]]; then
		show "QEMU did not start" "$run/qemu.log"
		return
	fi
	show "the last console lines of a boot that never reached the job" "$run/console.log" 20
}

# A run folder is worth keeping for its scratch or for what it says about a failure.
tidy() { # STATUS
	rm -f "$run"/{serial,monitor}.{in,out} "$run"/{out,err,nap,swap.img,extra.img}
	rm -f "$run"/{host,job,scratch}.{socket,log}
	if [[ $1 == 0 ]]; then
		rm -rf "$run"/{job,console.log,console.job,monitor.log,qemu.log,report,registers,sysrq}
	else
		note "console and job of this run: $run"
	fi
	if rmdir "$run/scratch" 2>/dev/null; then
		rmdir "$run" 2>/dev/null || :
	elif [[ -d $run/scratch ]]; then
		note "scratch: $run/scratch"
	fi
}

boot() { # MODE MODULE COMMAND...
	local mode=$1 try status=$STATUS_HARNESS
	mkdir -p "$cache/runs"
	# What earlier runs left behind is of interest for a while only.
	find "$cache/runs" -mindepth 1 -maxdepth 1 -mtime +2 -exec rm -rf {} +
	run=$(mktemp -d "$cache/runs/$(date +%H%M%S)-$k_name-XXXX")
	scratch=${opt[scratch]:-$run/scratch}
	mkdir -p "$scratch" || die "cannot make the scratch folder $scratch"
	scratch=$(readlink -f "$scratch")
	token=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	job_share "$@"
	qemu_arguments "$mode"
	for ((try = 1; try <= BOOT_TRIES; try++)); do
		boot_once "$mode"
		if [[ -e $run/job/booted ]]; then
			status=0
			verdict || status=$?
			break
		fi
		boot_failed
		[[ -s $run/console.log ]] || break
		note "boot $try of $BOOT_TRIES failed"
		if [[ ${qemu[*]} == *'-accel kvm'* && ${opt[accel]} == auto ]]; then
			note "KVM passed its probe but does not boot this kernel: emulating from now on"
			kvm_answer no
			qemu_arguments "$mode"
		fi
	done
	tidy "$status"
	# shellcheck disable=SC2034 # for scripts/vm
	verdict_given=yes
	return "$status"
}
