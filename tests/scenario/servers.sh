# shellcheck shell=bash
# Real servers for the scenarios of delivery, on loopback and high ports, in $work, as whoever runs the test.  Source it
# after lib.sh.  Each start_* leaves $port and $last (the PID, ended by lib.sh).

# free_port: one that nobody listens on, below those that the kernel gives to connections: between this and the server's
# start neither a connection of another scenario takes it, nor, but once in thousands of runs, another scenario's server.
free_port() {
    /usr/bin/python3 -c '
import random, socket
while True:
    port = random.randint(10240, 32000)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
'
}

is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# make_ca NAME: $work/NAME.pem and NAME.key
make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
        -addext basicConstraints=critical,CA:TRUE -keyout "$work/$1.key" -out "$work/$1.pem" 2>>"$work/openssl.log"
}

# make_cert CA NAME CN [COMMAND...]: $work/NAME.pem and NAME.key, good for two days; signed under COMMAND (faketime)
make_cert() {
    local ca=$1 name=$2 cn=$3
    shift 3
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$cn" -keyout "$work/$name.key" \
        -out "$work/$name.csr" 2>>"$work/openssl.log" &&
        "$@" openssl x509 -req -days 2 -in "$work/$name.csr" -CA "$work/$ca.pem" -CAkey "$work/$ca.key" -CAcreateserial \
            -extfile <(echo "subjectAltName=DNS:$cn") -out "$work/$name.pem" 2>>"$work/openssl.log"
    chmod 600 "$work/$name.key"
}

# start_liar DIR CERT [OPTION...]: the lying server of liar.py with $work/CERT.pem; its log is $work/DIR.requests
start_liar() {
    local dir=$1 cert=$2
    shift 2
    port=$(free_port)
    : >"$work/$dir.requests"
    background "$work/$dir.log" /usr/bin/python3 "$here/liar.py" "$port" "$work/$dir" "$work/$dir.requests" \
        "$work/$cert.pem" "$work/$cert.key" "$@"
    until_true 10 is_listening "$port" || fail "liar.py does not start: $(tail -n 1 "$work/$dir.log")"
}

# start_s3liar DIR CERT ACCESS SECRET: the lying object store of s3liar.py
start_s3liar() {
    port=$(free_port)
    : >"$work/$1.requests"
    background "$work/$1.log" /usr/bin/python3 "$here/s3liar.py" "$port" "$work/$1" "$work/$1.requests" "$work/$2.pem" \
        "$work/$2.key" "$3" "$4"
    until_true 10 is_listening "$port" || fail "s3liar.py does not start: $(tail -n 1 "$work/$1.log")"
}

# start_nginx DIR CERT METHODS [LINE...]: WebDAV on $work/DIR with $work/CERT.pem; lines go into the server block
start_nginx() {
    local dir=$1 cert=$2 methods=$3 run=$work/$1.nginx
    shift 3
    port=$(free_port)
    mkdir -p "$work/$dir" "$run"
    {
        is_root && echo "user root;"
        cat <<EOF
daemon off;
worker_processes 1;
pid $run/pid;
error_log $run/error.log;
events { worker_connections 64; }
http {
    access_log $run/access.log;
    client_body_temp_path $run/body;
    proxy_temp_path $run/proxy;
    fastcgi_temp_path $run/fastcgi;
    uwsgi_temp_path $run/uwsgi;
    scgi_temp_path $run/scgi;
    server {
        listen 127.0.0.1:$port ssl;
        server_name localhost;
        ssl_certificate $work/$cert.pem;
        ssl_certificate_key $work/$cert.key;
        client_max_body_size 0;
        root $work/$dir;
        dav_methods $methods;
$(printf '        %s\n' "$@")
    }
}
EOF
    } >"$run/nginx.conf"
    background "$run/out.log" nginx -e "$run/error.log" -p "$run" -c "$run/nginx.conf"
    until_true 10 is_listening "$port" || fail "nginx does not start: $(tail -n 1 "$run/error.log" "$run/out.log")"
}

# start_apache DIR CERT: WebDAV on $work/DIR
start_apache() {
    local run=$work/$1.apache modules=/usr/lib/apache2/modules m
    port=$(free_port)
    mkdir -p "$work/$1" "$run"
    {
        for m in mpm_event authz_core dav dav_fs setenvif; do echo "LoadModule ${m}_module $modules/mod_$m.so"; done
        cat <<EOA
LoadModule ssl_module $modules/mod_ssl.so
ServerName localhost
Listen 127.0.0.1:$port
PidFile $run/pid
ErrorLog $run/error.log
DavLockDB $run/locks
DefaultRuntimeDir $run
Mutex file:$run
DocumentRoot $work/$1
SSLEngine on
SSLCertificateFile $work/$2.pem
SSLCertificateKeyFile $work/$2.key
<Directory $work/$1>
    Dav On
    Require all granted
</Directory>
EOA
        is_root && printf 'User nobody\nGroup nogroup\n' && chown nobody:nogroup "$work/$1" "$run"
    } >"$run/conf"
    background "$run/out.log" apache2 -D FOREGROUND -d "$run" -f "$run/conf"
    until_true 20 is_listening "$port" || fail "Apache does not start: $(tail -n 2 "$run/error.log" "$run/out.log")"
}

# start_sshd DIR [LINE...]: SFTP for the invoking user with the key $work/DIR.client, host key $work/DIR.host;
# $work/DIR.known_hosts says so; lines go into its configuration
start_sshd() {
    local dir=$1 run=$work/$1.sshd
    shift
    port=$(free_port)
    mkdir -p "$work/$dir" "$run"
    [ -f "$work/$dir.host" ] || ssh-keygen -q -t ed25519 -N '' -C host -f "$work/$dir.host"
    [ -f "$work/$dir.client" ] || ssh-keygen -q -t ed25519 -N '' -C client -f "$work/$dir.client"
    cp "$work/$dir.client.pub" "$run/authorized"
    cat >"$run/sshd_config" <<EOF
Port $port
ListenAddress 127.0.0.1
HostKey $work/$dir.host
AuthorizedKeysFile $run/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
LogLevel VERBOSE
$(printf '%s\n' "$@")
EOF
    grep -q '^Subsystem' "$run/sshd_config" || echo "Subsystem sftp internal-sftp" >>"$run/sshd_config"
    is_root && mkdir -p /run/sshd
    background "$run/log" /usr/sbin/sshd -D -e -f "$run/sshd_config"
    until_true 10 is_listening "$port" || fail "sshd does not start: $(tail -n 1 "$run/log")"
    echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/$dir.host.pub")" >"$work/$dir.known_hosts"
}

# destination NAME LINE...: one more destination in $conf
destination() {
    {
        printf '\n[destination %s]\n' "$1"
        shift
        printf '%s\n' "$@"
    } >>"$conf"
}
