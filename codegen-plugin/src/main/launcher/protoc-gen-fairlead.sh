#!/bin/sh
# A jar follows this script in the same file. Java starts faster with an archive of loaded classes: the first run
# makes it, and whatever goes wrong with it, the plugin runs without.
self=$0
case $self in */*) ;; *) self=$(command -v "$self") ;; esac
if [ -n "$JAVA_HOME" ] && [ -x "$JAVA_HOME/bin/java" ]; then
  java=$JAVA_HOME/bin/java
else
  java=$(command -v java) || {
    echo "protoc-gen-fairlead: no Java found; install a JDK 17 or newer, or set JAVA_HOME" >&2
    exit 1
  }
fi
fast="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xlog:disable -XX:-UsePerfData"
main="io.fairlead.codegen.Main"
if [ $# -gt 0 ]; then
  # shellcheck disable=SC2086 # a list of flags
  exec "$java" $fast -cp "$self" $main "$@"
fi

cache=${FAIRLEAD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/fairlead}
# Another file, another Java, another archive: the JVM takes one only for what it was made from.
key=$(ls -lnL -- "$self" "$java" 2>/dev/null | cksum)
archive=$cache/protoc-gen-fairlead-${key%% *}.jsa
if [ -r "$archive" ] && [ "$archive" -nt "$self" ]; then
  # shellcheck disable=SC2086
  exec "$java" $fast "-XX:SharedArchiveFile=$archive" -cp "$self" $main
fi
if ! { mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null; then
  # shellcheck disable=SC2086
  exec "$java" $fast -cp "$self" $main
fi
# Each process writes its own file and renames it, so that no other sees half of one.
part=$archive.$$
# shellcheck disable=SC2086
"$java" $fast "-XX:ArchiveClassesAtExit=$part" -cp "$self" $main
code=$?
if [ $code -eq 0 ] && [ -s "$part" ]; then
  mv -f "$part" "$archive" 2>/dev/null
  # Other versions, Javas and paths have archives of their own. The eight newest stay.
  # shellcheck disable=SC2012 # the names are ours
  ls -t "$cache"/protoc-gen-fairlead-*.jsa 2>/dev/null | tail -n +9 | while IFS= read -r old; do
    rm -f -- "$old"
  done
  # What runs that were killed have left.
  find "$cache" -name 'protoc-gen-fairlead-*.jsa.*' -mtime +1 -exec rm -f -- {} + 2>/dev/null
fi
rm -f "$part" 2>/dev/null
exit $code
