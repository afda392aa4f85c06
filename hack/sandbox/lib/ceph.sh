# The bucket: Ceph with one monitor, one OSD that keeps all in memory or in one file, and RGW, which speaks S3.
# shellcheck shell=bash

ceph_folder() { printf '%s/ceph\n' "$SANDBOX_STATE"; }

ceph_config() { printf '%s/ceph/ceph.conf\n' "$SANDBOX_STATE"; }

# memory or file, as it was made; nothing where there is none.
store_kind() {
  case $(awk '$1 " " $2 == "osd objectstore" { print $4 }' "$(ceph_config)" 2>/dev/null) in
    memstore) printf 'memory\n' ;;
    bluestore) printf 'file\n' ;;
  esac
}

require_known_store() {
  [[ $SANDBOX_S3_STORE =~ ^(|memory|file)$ ]] || die "PACKETCAPTURE_SANDBOX_STORE=$SANDBOX_S3_STORE: must be memory or file"
}

# What is there does for whoever did not ask for one.
store_is_as_wanted() { [[ -z $SANDBOX_S3_STORE || $SANDBOX_S3_STORE == "$(store_kind)" ]]; }

s3_endpoint() { printf 'http://%s:%s\n' "$SANDBOX_S3_ADDRESS" "$SANDBOX_S3_PORT"; }

# The keys outlive the store within one sandbox, so that a store made anew is still the same for those who have them.
s3_access_key_id() { sed -n 1p "$SANDBOX_STATE/s3-keys"; }
s3_secret_access_key() { sed -n 2p "$SANDBOX_STATE/s3-keys"; }

make_s3_keys() {
  if [[ -s $SANDBOX_STATE/s3-keys ]]; then return 0; fi
  (
    umask 077
    {
      openssl rand -hex 10 | tr '[:lower:]' '[:upper:]'
      openssl rand -hex 20
    } >"$SANDBOX_STATE/s3-keys"
  )
}

# Of the OSD's section. The file grows as it is written to; it is no block device, so that a container will do.
object_store_config() {
  case ${SANDBOX_S3_STORE:-memory} in
    memory) printf '%s\n' 'osd objectstore = memstore' "memstore device bytes = $SANDBOX_S3_MEMORY_BYTES" ;;
    file) printf '%s\n' 'osd objectstore = bluestore' 'bluestore block create = true' "bluestore block size = $SANDBOX_S3_FILE_BYTES" ;;
  esac
}

# Deleted objects are given back after a minute (Ceph's default is two hours): they may lie in RAM.
write_ceph_config() {
  local folder
  folder=$(ceph_folder)
  mkdir -p "$folder/mon" "$folder/osd" "$folder/rgw" "$folder/crash" "$SANDBOX_RUN/ceph"
  cat >"$(ceph_config)" <<END
[global]
fsid = $(</proc/sys/kernel/random/uuid)
mon host = [v2:$SANDBOX_S3_ADDRESS:3300/0,v1:$SANDBOX_S3_ADDRESS:6789/0]
public addr = $SANDBOX_S3_ADDRESS
cluster addr = $SANDBOX_S3_ADDRESS
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
run dir = $SANDBOX_RUN/ceph
admin socket = $SANDBOX_RUN/ceph/\$name.asok
crash dir = $folder/crash
log file = $SANDBOX_LOGS/ceph-\$name.log
log to stderr = false
err to stderr = true
[mon]
mon data = $folder/mon
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon data avail crit = 1
# One monitor need not wait for others: by the defaults every new pool takes a second.
paxos propose interval = 0.05
paxos min wait = 0.02
mon data avail warn = 2
[osd]
osd data = $folder/osd
$(object_store_config)
osd memory target = 939524096
[client.rgw]
# RGW's own default is "secure" alone, which does not exist without authentication.
ms mon client mode = crc secure
rgw data = $folder/rgw
rgw frontends = beast endpoint=$SANDBOX_S3_ADDRESS:$SANDBOX_S3_PORT
rgw thread pool size = 64
rgw dynamic resharding = false
rgw gc obj min wait = 60
rgw gc processor period = 60
rgw gc processor max time = 60
END
}

sandbox_ceph() { ceph --conf "$(ceph_config)" --connect-timeout 5 "$@"; }

monitor_is_healthy() { sandbox_ceph quorum_status; }

start_monitor() {
  local folder fsid
  folder=$(ceph_folder)
  if [[ ! -s $folder/complete ]]; then
    fsid=$(awk '$1 == "fsid" { print $3 }' "$(ceph_config)")
    monmaptool --create --clobber --fsid "$fsid" \
      --addv a "[v2:$SANDBOX_S3_ADDRESS:3300,v1:$SANDBOX_S3_ADDRESS:6789]" "$folder/monmap"
    ceph-mon --conf "$(ceph_config)" --mkfs --id a --monmap "$folder/monmap"
  fi
  start_daemon ceph-mon ceph-mon --conf "$(ceph_config)" --foreground --id a
  wait_for_daemon ceph-mon 30 monitor_is_healthy
}

osd_is_up() { sandbox_ceph osd stat | grep -q '1 up'; }

start_osd() {
  local uuid
  uuid=$(</proc/sys/kernel/random/uuid)
  sandbox_ceph osd new "$uuid" 0
  sandbox_ceph osd crush add osd.0 1.0 root=default
  ceph-osd --conf "$(ceph_config)" --mkfs --id 0 --osd-uuid "$uuid"
  start_daemon ceph-osd ceph-osd --conf "$(ceph_config)" --foreground --id 0
  wait_for_daemon ceph-osd 30 osd_is_up
}

rgw_is_healthy() { curl -fsS --max-time 3 "$(s3_endpoint)/"; }

start_rgw() {
  start_daemon ceph-rgw radosgw --conf "$(ceph_config)" --foreground --name client.rgw
  wait_for_daemon ceph-rgw 60 rgw_is_healthy
}

make_s3_user() {
  radosgw-admin --conf "$(ceph_config)" --name client.rgw user create --uid sandbox --display-name 'packetcapture sandbox' \
    --access-key "$(s3_access_key_id)" --secret-key "$(s3_secret_access_key)" >/dev/null
}

# s3_request METHOD PATH, without a body. The keys go by standard input: arguments are everybody's to read.
# The body's hash is given, because the older curl leaves it out of the signature when there is none.
s3_request() {
  local empty
  empty=$(printf '' | sha256sum | cut -d ' ' -f 1)
  curl -fsS --max-time 20 -X "$1" --aws-sigv4 "aws:amz:$SANDBOX_S3_REGION:s3" -H "x-amz-content-sha256: $empty" \
    --config - "$(s3_endpoint)$2" <<<"user = \"$(s3_access_key_id):$(s3_secret_access_key)\""
}

make_bucket() { s3_request PUT "/$SANDBOX_S3_BUCKET"; }

bucket_is_there() { s3_request GET "/$SANDBOX_S3_BUCKET?max-keys=1"; }
