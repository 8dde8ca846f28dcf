package io.fairlead.interop.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import io.fairlead.registry.etcd.Layout;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The registry packages of other frameworks, over the layouts that we share with them. */
class OtherLayoutsIT {
  private static final String KRATOS = "go-kratos' registry";
  private static final String ZERO = "go-zero's discov";
  private static final Pattern REGISTERED = Pattern.compile("^REGISTERED$");

  private static Peer kratos() {
    return Peers.go("go-kratos", ".");
  }

  private static Peer zero() {
    return Peers.go("go-zero", ".");
  }

  @TestFactory
  Stream<DynamicTest> kratosFindsOurs() {
    Cases cases = Cases.of(Area.REGISTRY, KRATOS, Direction.THEIR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(Layout.KRATOS));
    return cases
        .test(
            "sees joins and leaves", () -> theySeeUs(kratos(), etcd.get(), "one@grpc://", "\\S*$"))
        .tests();
  }

  @TestFactory
  Stream<DynamicTest> zeroFindsOurs() {
    Cases cases = Cases.of(Area.REGISTRY, ZERO, Direction.THEIR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(Layout.GO_ZERO));
    return cases
        .test("sees joins and leaves", () -> theySeeUs(zero(), etcd.get(), "", "$"))
        .tests();
  }

  private static void theySeeUs(Peer peer, Etcd etcd, String before, String after) {
    String service = Etcd.newService();
    Pattern one = Pattern.compile("^INSTANCES " + before + "127\\.0\\.0\\.1:7001" + after);
    try (Registration first = etcd.enter(service, "one", 7001);
        Program program = peer.start("watch", etcd.address(), service)) {
      program.await(one);
      int said;
      try (Registration second = etcd.enter(service, "two", 7002)) {
        program.await(Pattern.compile("^INSTANCES .*:7001.* .*:7002"));
        said = program.lines().size();
        assertThat(second.endpoint().id()).isEqualTo("two");
      }
      program.await(one, said);
      assertThat(first.endpoint().id()).isEqualTo("one");
    }
  }

  @TestFactory
  Stream<DynamicTest> weFindKratos() {
    Cases cases = Cases.of(Area.REGISTRY, KRATOS, Direction.OUR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(Layout.KRATOS));
    return cases
        .test(
            "sees joins and leaves",
            () ->
                weSeeThem(
                    etcd.get(),
                    (service, name, address) ->
                        kratos().start("register", etcd.get().address(), service, name, address)))
        .tests();
  }

  @TestFactory
  Stream<DynamicTest> weFindZero() {
    Cases cases = Cases.of(Area.REGISTRY, ZERO, Direction.OUR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(Layout.GO_ZERO));
    return cases
        .test(
            "sees joins and leaves",
            () ->
                weSeeThem(
                    etcd.get(),
                    (service, name, address) ->
                        zero().start("register", etcd.get().address(), service, address)))
        .tests();
  }

  private interface Entry {
    Program of(String service, String name, String address);
  }

  private static void weSeeThem(Etcd etcd, Entry entry) throws InterruptedException {
    String service = Etcd.newService();
    String first = "127.0.0.1:7001";
    String second = "127.0.0.1:7002";
    try (Watched seen = new Watched(etcd.registry(), service);
        Program one = entry.of(service, "one", first)) {
      one.await(REGISTERED);
      seen.await(first);
      try (Program two = entry.of(service, "two", second)) {
        two.await(REGISTERED);
        seen.await(first, second);
        two.say("revoke");
        seen.await(first);
      }
      one.say("revoke");
      // Nobody is left to vouch for the list, so it is held for the grace.
      seen.awaitAbsent();
    }
  }
}
