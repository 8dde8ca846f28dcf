package io.fairlead.interop.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import io.fairlead.registry.etcd.Layout;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The commands of docs/registry-etcd.md show what that page says. */
class EtcdctlIT {
  private static final Pattern LEASE = Pattern.compile("\"Lease\" : (\\d+)");

  @TestFactory
  Stream<DynamicTest> etcdctl() {
    Cases cases = Cases.of(Area.TOOLS, "etcdctl", Direction.THEIR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(Layout.ETCD_NAMING));
    cases.test(
        "endpoint status", () -> assertThat(run(etcd.get(), "endpoint", "status")).isNotBlank());
    cases.test("an instance and its lease", () -> instance(etcd.get()));
    cases.test("a watch", () -> watch(etcd.get()));
    return cases.tests();
  }

  private static Peer etcdctl(Etcd etcd) {
    return Peers.installed("etcdctl", "apt-get install etcd-client")
        .with("--endpoints=" + etcd.address());
  }

  private static String run(Etcd etcd, String... arguments) {
    return etcdctl(etcd).runWell(arguments);
  }

  private static void instance(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    try (Registration entry = etcd.enter(service, "one", 7001);
        Watched seen = new Watched(etcd.registry(), service)) {
      seen.await("127.0.0.1:7001");
      assertThat(run(etcd, "get", "--prefix", service + "/"))
          .startsWith(service + "/one\n")
          .contains("\"Op\":0", "\"Addr\":\"127.0.0.1:7001\"", "\"Metadata\":null", "\"fairlead\"");
      Matcher lease = LEASE.matcher(run(etcd, "get", service + "/one", "-w", "fields"));
      assertThat(lease.find()).isTrue();
      String id = Long.toHexString(Long.parseLong(lease.group(1)));
      assertThat(run(etcd, "lease", "timetolive", id, "--keys"))
          .contains("granted with TTL(15s)", service + "/one");
      assertThat(entry.endpoint().id()).isEqualTo("one");
    }
  }

  private static void watch(Etcd etcd) {
    String service = Etcd.newService();
    try (var program = etcdctl(etcd).start("watch", "--prefix", service + "/", "--rev=1")) {
      Registration entry = etcd.enter(service, "one", 7001);
      program.await(Pattern.compile("^PUT$"));
      entry.close();
      program.await(Pattern.compile("\"draining\":true"));
      program.await(Pattern.compile("^DELETE$"));
    }
  }
}
