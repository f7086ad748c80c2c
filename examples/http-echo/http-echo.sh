#!/bin/sh
# The same for an image that holds nothing but busybox: http-echo -listen :8080 -text "hello world"
port=5678 text='hello world'
while [ $# -ge 2 ]; do
  case $1 in
    -listen) port=${2##*:} ;;
    -text) text=$2 ;;
  esac
  shift 2
done
mkdir -p /www
echo "$text" >/www/index.html
echo "Server is listening on :$port"
# The first process of a container ends on a signal only if it says so.
trap exit INT TERM
busybox httpd -f -vv -p "$port" -h /www &
wait
