# shellcheck shell=bash
# A Ceph of one monitor, one store in memory and one gateway, on loopback and high ports, in $work/ceph, as whoever runs the
# test (root).  Source it after servers.sh.

# ceph_conf MONITOR GATEWAY CERT
ceph_conf() {
    cat <<EOC
[global]
fsid = $fsid
mon initial members = a
mon host = [v1:127.0.0.1:$1/0]
auth cluster required = none
auth service required = none
auth client required = none
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
ms bind ipv6 = false
ms bind port min = $(($1 + 1))
ms bind port max = $(($1 + 40))
run dir = $ceph
log file = $ceph/\$name.log
admin socket = $ceph/\$name.asok
pid file =
mon cluster log file = $ceph/cluster.log
mon data = $ceph/mon
osd data = $ceph/osd
mon allow pool size one = true
mon warn on pool no redundancy = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
osd heartbeat grace = 600
osd max object name len = 256
osd max object namespace len = 64
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast ssl_endpoint=127.0.0.1:$2 ssl_certificate=$work/$3.pem ssl_private_key=$work/$3.key
rgw dns name = localhost
rgw multipart min part size = 5242880
rgw enable usage log = false
rgw enable ops log = false
rgw run sync thread = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
EOC
}

ceph_is_up() { ceph -c "$ceph/conf" --connect-timeout 20 osd stat 2>/dev/null | grep -q '1 up'; }

# ceph_start CERT ACCESS SECRET: $port is the gateway's; all of it is ended by lib.sh, by PID
ceph_start() {
    local monitor uuid
    ceph=$work/ceph
    fsid=$(cat /proc/sys/kernel/random/uuid) uuid=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p "$ceph/mon" "$ceph/osd"
    monitor=$(free_port) port=$(free_port)
    ceph_conf "$monitor" "$port" "$1" >"$ceph/conf"
    {
        monmaptool --create --clobber --addv a "[v1:127.0.0.1:$monitor/0]" --fsid "$fsid" "$ceph/monmap" &&
            ceph-mon --mkfs -i a -c "$ceph/conf" --monmap "$ceph/monmap"
    } >"$ceph/mkfs.log" 2>&1 || { tail -n 5 "$ceph/mkfs.log"; return 1; }
    background "$ceph/mon.out" ceph-mon -f -i a -c "$ceph/conf"
    until_true 60 is_listening "$monitor" || return 1
    ceph -c "$ceph/conf" --connect-timeout 60 osd create "$uuid" >>"$ceph/mkfs.log" 2>&1 &&
        ceph-osd -i 0 --mkfs -c "$ceph/conf" --osd-uuid "$uuid" >>"$ceph/mkfs.log" 2>&1 || return 1
    background "$ceph/osd.out" ceph-osd -f -i 0 -c "$ceph/conf"
    until_true 120 ceph_is_up || return 1
    radosgw-admin -c "$ceph/conf" -n client.rgw user create --uid=station --display-name=station --access-key="$2" \
        --secret="$3" >"$ceph/user.json" 2>>"$ceph/mkfs.log" || return 1
    background "$ceph/rgw.out" radosgw -f -c "$ceph/conf" -n client.rgw
    until_true 120 is_listening "$port"
}
