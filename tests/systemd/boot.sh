#!/usr/bin/env bash
# Boots a real systemd as PID 1 of its own namespaces. Its root is an overlay over this machine's (or over $LOWER), thrown away
# afterwards; its network is a loopback of its own. Needs root.
#
#   boot.sh WORKDIR [SOURCE:TARGET…]   runs until its PID 1, whose number is then in WORKDIR/pid, is killed
#
# Files under WORKDIR/files are copied over the root first; each SOURCE folder is seen, read-only, at TARGET.
set -euo pipefail

# One control group per hierarchy, entered before the namespace is made: else systemd would make its own in the machine's tree.
join_groups() {
  local tree
  for tree in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ -e "$tree/cgroup.procs" ] || continue
    mkdir "$tree/$1"
    echo $$ >"$tree/$1/cgroup.procs"
    trees+=("$tree")
  done
}

leave_groups() {
  local tree
  for tree in "${trees[@]}"; do
    echo $$ >"$tree/cgroup.procs"
    find "$tree/$1" -depth -type d -exec rmdir {} + || true
  done
}

mount_root() { # STAGE SOURCE:TARGET…
  local stage=$1 pair root=$1/root node
  shift
  mount -t tmpfs -o mode=755 stage "$stage"
  mkdir "$stage/upper" "$stage/work" "$root"
  mount -t overlay -o "lowerdir=${LOWER:-/},upperdir=$stage/upper,workdir=$stage/work" overlay "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  for pair in run tmp dev; do mount -t tmpfs -o mode=755 "$pair" "$root/$pair"; done
  chmod 1777 "$root/tmp"
  for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  for pair in "$@"; do
    mkdir -p "$root${pair#*:}"
    mount --bind -o ro "${pair%%:*}" "$root${pair#*:}"
  done
}

settle_root() { # ROOT FILES
  local units=$1/etc/systemd/system unit
  printf '[Unit]\nDescription=Marsad test\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n' \
    >"$units/marsad-test.target"
  # What belongs to hardware, to the network and to other people's packages.
  for unit in systemd-{networkd,resolved,timesyncd,logind,remount-fs,udevd,udev-trigger,modules-load,sysctl}.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
    ln -sf /dev/null "$units/$unit"
  done
  : >"$1/etc/fstab"
  if [ -d "$2" ]; then cp --recursive --no-preserve=ownership "$2/." "$1/"; fi
}

boot() { # WORKDIR SOURCE:TARGET…
  local work=$1 pid
  shift
  read -r pid _ </proc/self/stat # /proc is still the outer one, and so is the number in it
  mkdir -p "$work/stage"
  mount_root "$work/stage" "$@"
  settle_root "$work/stage/root" "$work/files"
  ip link set lo up
  echo "$pid" >"$work/pid.new"
  mv "$work/pid.new" "$work/pid"
  cd "$work/stage/root"
  mkdir -p .outside
  pivot_root . .outside
  umount --lazy /.outside
  mount --make-rshared / # without it LoadCredential= gives a folder that only root can read
  exec env -i container=marsad-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=marsad-test.target systemd.log_target=journal systemd.show_status=no
}

if [ "$1" = --inside ]; then
  shift
  boot "$@"
fi
trees=()
group=marsad-test-$$
trap 'leave_groups "$group"' EXIT
join_groups "$group"
unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child=SIGKILL --propagation private \
  "${BASH_SOURCE[0]}" --inside "$@" || true # it ends by being killed
