package io.fairlead.gateway.internal.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.gateway.library.Line;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a gateway learns of services again and again, on a clock that the test moves. */
class BackendsTest {
  private static final Duration RELOAD = Duration.ofSeconds(30);
  private static final FoundContracts LIBRARY =
      FoundContracts.of(Set.of("gateway.v1.Library"), files());

  private final ManualClock clock = ManualClock.create();
  private final List<String> forwarded = new ArrayList<>();
  private final List<Backends> opened = new ArrayList<>();

  /** By target; what is not here is not known. */
  private final Map<String, FoundContracts> contracts = new TreeMap<>();

  private int reads;
  private int changes;
  private int rejections;
  private @Nullable RuntimeException refusal;
  private @Nullable RuntimeException mistake;

  @AfterEach
  void close() {
    opened.forEach(Backends::close);
  }

  private static List<FileDescriptorProto> files() {
    Map<String, FileDescriptorProto> files = new TreeMap<>();
    add(Line.getDescriptor().getFile(), files);
    return List.copyOf(files.values());
  }

  private static void add(FileDescriptor file, Map<String, FileDescriptorProto> files) {
    file.getDependencies().forEach(each -> add(each, files));
    files.put(file.getName(), file.toProto());
  }

  private final ContractSource source =
      channel -> {
        reads++;
        if (mistake != null) {
          throw mistake;
        }
        FoundContracts found = contracts.get(((RpcChannel) channel).target());
        return found == null
            ? CompletableFuture.failedFuture(new IllegalStateException("not known"))
            : CompletableFuture.completedFuture(found);
      };

  private void start(List<ProxyConfig.Target> targets, ProxyConfig.Prefix... prefixes) {
    Backends backends =
        new Backends(
            new ProxyConfig(
                targets, List.of(prefixes), UnaryOperator.identity(), false, false, RELOAD),
            clock.scheduler(),
            task -> {
              if (rejections > 0 && --rejections == 0) {
                throw new RejectedExecutionException("busy");
              }
              task.run();
            },
            UnaryOperator.identity(),
            true,
            this::changed);
    opened.add(backends);
    backends.start();
  }

  private void changed(List<ServerServiceDefinition> services, Map<String, String> missing) {
    if (refusal != null && !services.isEmpty()) {
      throw refusal;
    }
    changes++;
    forwarded.clear();
    services.forEach(each -> forwarded.add(each.getServiceDescriptor().getName()));
  }

  private void startWithTarget() {
    contracts.put("127.0.0.1:1", LIBRARY);
    start(List.of(new ProxyConfig.Target("127.0.0.1:1", source)));
  }

  private static ProxyConfig.Prefix below(Registry registry, String prefix, ContractSource source) {
    return new ProxyConfig.Prefix(RegistryOpener.of(registry), prefix, source);
  }

  /** A registry that says what the test wants. */
  private static final class Names implements Registry {
    private List<String> names = List.of();
    private @Nullable RuntimeException mistake;

    @Override
    public Registration register(String service, Endpoint endpoint) {
      throw new UnsupportedOperationException(service);
    }

    @Override
    public Watch watch(String service, Consumer<? super Resolution> observer) {
      throw new UnsupportedOperationException(service);
    }

    @Override
    public CompletionStage<List<String>> services() {
      if (mistake != null) {
        throw mistake;
      }
      return CompletableFuture.completedFuture(names);
    }

    @Override
    public void close() {}
  }

  @Test
  void aServiceOfAnImportedFileIsNotForwarded() {
    contracts.put("127.0.0.1:1", FoundContracts.of(Set.of("gateway.v1.Other"), files()));
    start(List.of(new ProxyConfig.Target("127.0.0.1:1", source)));
    assertThat(forwarded).isEmpty();
  }

  @Test
  void theSameFilesInAnotherOrderChangeNothing() {
    startWithTarget();
    assertThat(forwarded).containsExactly("gateway.v1.Library");
    int before = changes;
    List<FileDescriptorProto> turned = new ArrayList<>(files());
    Collections.reverse(turned);
    contracts.put("127.0.0.1:1", FoundContracts.of(Set.of("gateway.v1.Library"), turned));
    clock.advance(RELOAD);
    assertThat(reads).isEqualTo(2);
    assertThat(changes).isEqualTo(before);
  }

  @Test
  void aBusyMomentDoesNotEndTheReloadOfContracts() {
    startWithTarget();
    // The task that reads is taken, the one with the result is not.
    rejections = 2;
    clock.advance(RELOAD);
    assertThat(rejections).isZero();
    assertThat(reads).isEqualTo(2);
    clock.advance(RELOAD);
    assertThat(reads).isEqualTo(3);
  }

  @Test
  void aSourceThatThrowsIsReadAgain() {
    startWithTarget();
    mistake = new IllegalStateException("broken");
    clock.advance(RELOAD);
    mistake = null;
    clock.advance(Duration.ofSeconds(1));
    assertThat(reads).isEqualTo(3);
    assertThat(forwarded).containsExactly("gateway.v1.Library");
  }

  @Test
  void aRegistryThatThrowsIsAskedAgain() {
    Names registry = new Names();
    registry.mistake = new IllegalStateException("broken");
    start(List.of(), below(registry, "", source));
    registry.mistake = null;
    registry.names = List.of("library");
    contracts.put("registry:///library", LIBRARY);
    clock.advance(RELOAD);
    assertThat(forwarded).containsExactly("gateway.v1.Library");
  }

  @Test
  void contractsThatDoNotFitTogetherAreReadLessAndLessOften() {
    try (LogCapture log = LogCapture.of(Backends.class.getName())) {
      contracts.put(
          "127.0.0.1:1",
          FoundContracts.of(
              Set.of("a.A"),
              List.of(FileDescriptorProto.newBuilder().setName("a").addDependency("a").build())));
      start(List.of(new ProxyConfig.Target("127.0.0.1:1", source)));
      assertThat(clock.scheduler().pendingDelays()).containsExactly(Duration.ofSeconds(1));
      clock.advance(Duration.ofSeconds(1));
      assertThat(clock.scheduler().pendingDelays()).containsExactly(Duration.ofSeconds(2));
      clock.advance(Duration.ofSeconds(2));
      assertThat(reads).isEqualTo(3);
      assertThat(log.with("imports itself")).hasSize(2);
    }
  }

  @Test
  void contractsThatTheServerCannotTakeAreTakenLaterAndDisturbNoOther() {
    refusal = new IllegalStateException("not now");
    startWithTarget();
    assertThat(forwarded).isEmpty();
    refusal = null;
    clock.advance(Duration.ofSeconds(1));
    assertThat(forwarded).containsExactly("gateway.v1.Library");
  }

  @Test
  void twoRegistriesMayHaveServicesOfOneName() {
    Names first = new Names();
    first.names = List.of("library");
    Names second = new Names();
    second.names = List.of("library");
    contracts.put("registry:///library", LIBRARY);
    ContractSource silent =
        channel -> CompletableFuture.failedFuture(new IllegalStateException("not known"));
    start(List.of(), below(first, "", silent), below(second, "", source));
    assertThat(forwarded).containsExactly("gateway.v1.Library");
    // What one of them no longer has is nothing to the other.
    first.names = List.of();
    clock.advance(RELOAD);
    assertThat(forwarded).containsExactly("gateway.v1.Library");
    assertThat(reads).isEqualTo(2);
  }

  @Test
  void oneNameThatIsNoTargetLeavesTheOthersServed() {
    Names registry = new Names();
    registry.names = List.of("", "library");
    contracts.put("registry:///library", LIBRARY);
    try (LogCapture log = LogCapture.of(Backends.class.getName())) {
      start(List.of(), below(registry, "", source));
      assertThat(forwarded).containsExactly("gateway.v1.Library");
      assertThat(log.with("no channel can be made for")).hasSize(1);
    }
  }

  @Test
  void aServiceThatGetsAnotherNameIsServedUnderIt() {
    Names registry = new Names();
    registry.names = List.of("library");
    contracts.put("registry:///library", LIBRARY);
    start(List.of(), below(registry, "", source));
    int before = changes;
    registry.names = List.of();
    clock.advance(RELOAD);
    // It may only be restarting.
    assertThat(forwarded).containsExactly("gateway.v1.Library");
    registry.names = List.of("books");
    contracts.put("registry:///books", LIBRARY);
    try (LogCapture log = LogCapture.of(Backends.class.getName())) {
      clock.advance(RELOAD);
      assertThat(forwarded).containsExactly("gateway.v1.Library");
      assertThat(changes).isGreaterThan(before);
      assertThat(log.with("gateway.v1.Library of registry:///library is not forwarded"))
          .isNotEmpty();
    }
  }
}
