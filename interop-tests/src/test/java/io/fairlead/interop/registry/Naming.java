package io.fairlead.interop.registry;

import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;
import io.fairlead.registry.etcd.Layout;

/** The packages of others that keep services in etcd, each with a layout that we read and write. */
enum Naming {
  ETCD("etcd's Go package naming", Layout.ETCD_NAMING, "go-etcd"),
  KRATOS("go-kratos' registry", Layout.KRATOS, "go-kratos"),
  ZERO("go-zero's discov", Layout.GO_ZERO, "go-zero"),
  KITEX("Kitex' registry", Layout.KITEX, "go-kitex");

  private final String title;
  private final Layout layout;
  private final String module;

  Naming(String title, Layout layout, String module) {
    this.title = title;
    this.layout = layout;
    this.module = module;
  }

  /** Its name in the report. */
  String title() {
    return title;
  }

  Layout layout() {
    return layout;
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
