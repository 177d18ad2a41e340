#!/bin/sh
# Debian 12 has a restic that can't take a file out of a snapshot. Fetch the one of the next release with
# apt, beside the system and not into it: newer_restic.sh FOLDER lays FOLDER/usr/bin/restic.
set -eu
case $1 in /*) folder=$1 ;; *) folder=$PWD/$1 ;; esac
[ -x "$folder/usr/bin/restic" ] && exit 0
command -v apt-get >/dev/null && command -v dpkg >/dev/null || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/parts" "$work/state/lists/partial" "$work/cache/archives/partial"
cat > "$work/parts/next.sources" <<END
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
own="-qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$work/parts -o Dir::State=$work/state \
 -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$work/cache -o APT::Sandbox::User=root"
cd "$work"
apt-get $own update >/dev/null
apt-get $own download restic >/dev/null
mkdir -p "$folder"
dpkg -x restic_*.deb "$folder"
