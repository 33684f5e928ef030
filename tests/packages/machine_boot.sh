#!/bin/bash
# What a machine of machine.py begins with, as the first process of namespaces of its own:
#
#   machine_boot.sh NAME FOLDER SHARED     FOLDER: mount point, and the pipe `booted`; SHARED: seen as /srv/shared
#
# The files of this machine lie below, read-only; what is written lies in memory and is gone with the last process.
set -euo pipefail
name=$1 folder=$2 shared=$3

mount --make-rprivate /
mount -t tmpfs -o mode=755 changes "$folder"
mkdir "$folder"/{root,upper,work}
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
root=$folder/root

mount -t proc proc "$root/proc"
# Settings of the kernel are everybody's.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/"{systemd,unified}
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
fi
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/"{pts,shm}
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/srv/shared"
mount --bind "$shared" "$root/srv/shared"
touch "$root/run/booted"
mount --bind "$folder/../booted-$name" "$root/run/booted"

# Of this system's units only what services need: a bus, a journal, and a word that all of it is there.
units=$root/etc/systemd/system
for unit in systemd-{sysctl,modules-load,remount-fs,udevd,udev-trigger,update-utmp,hwdb-update,random-seed,binfmt,sysusers}.service \
  systemd-tmpfiles-setup{,-dev}.service kmod-static-nodes.service; do
  ln -sf /dev/null "$units/$unit"
done
cat > "$units/booted.service" <<'UNIT'
[Unit]
After=dbus.socket basic.target
Requires=dbus.socket
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo booted > /run/booted'
UNIT
cat > "$units/machine.target" <<'UNIT'
[Unit]
Requires=booted.service basic.target
UNIT
: > "$root/etc/machine-id"
# Where this runs in a container's image, packages may be forbidden to start services; here they may.
rm -f "$root/usr/sbin/policy-rc.d"
echo "$name" > "$root/etc/hostname"

cd "$root"
pivot_root . mnt
cd /
umount -l /mnt
ip link set lo up
export container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec /lib/systemd/systemd --unit=machine.target systemd.unified_cgroup_hierarchy=0 --log-target=journal --show-status=0 < /dev/null
