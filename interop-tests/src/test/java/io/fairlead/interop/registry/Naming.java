package io.fairlead.interop.registry;

import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;
import io.fairlead.registry.etcd.KeyLayout;

/** The packages of others that keep services in etcd, each with a layout that we read and write. */
enum Naming {
  ETCD("etcd's Go package naming", KeyLayout.ETCD_NAMING, "go-etcd"),
  KRATOS("go-kratos' registry", KeyLayout.KRATOS, "go-kratos"),
  ZERO("go-zero's discov", KeyLayout.GO_ZERO, "go-zero"),
  KITEX("Kitex' registry", KeyLayout.KITEX, "go-kitex");

  private final String title;
  private final KeyLayout keyLayout;
  private final String module;

  Naming(String title, KeyLayout keyLayout, String module) {
    this.title = title;
    this.keyLayout = keyLayout;
    this.module = module;
  }

  /** Its name in the report. */
  String title() {
    return title;
  }

  KeyLayout layout() {
    return keyLayout;
  }

  /** A program of theirs that enters an address, and has done it. */
  TheirEntry enter(Etcd etcd, String service, String id, String address) {
    Program program = Peers.goRegistry(module).start("enter", etcd.address(), service, id, address);
    TheirEntry entry = new TheirEntry(program);
    entry.enter();
    entry.awaitEntered();
    return entry;
  }

  /** A program of theirs that finds a service, and calls it in turn. */
  TheirChannel find(Etcd etcd, String service) {
    return new TheirChannel(Peers.goRegistry(module).start("find", etcd.address(), service));
  }
}
