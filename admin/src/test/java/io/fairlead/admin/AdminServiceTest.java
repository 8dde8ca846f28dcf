package io.fairlead.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.admin.v1.ActionResponse;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.AdminRpc;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.DrainRequest;
import io.fairlead.admin.v1.EndpointState;
import io.fairlead.admin.v1.GetStateRequest;
import io.fairlead.admin.v1.ListCallsRequest;
import io.fairlead.admin.v1.ListFindingsRequest;
import io.fairlead.admin.v1.ListPoliciesRequest;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.admin.v1.ResetBreakerRequest;
import io.fairlead.admin.v1.ResetBreakerResponse;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.admin.v1.SetWeightRequest;
import io.fairlead.admin.v1.Setting;
import io.fairlead.admin.v1.Step;
import io.fairlead.admin.v1.TapRequest;
import io.fairlead.admin.v1.UndrainRequest;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

@Timeout(60)
class AdminServiceTest {
  private static final Metadata.Key<String> USER =
      Metadata.Key.of("user", Metadata.ASCII_STRING_MARSHALLER);

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final List<AuditEvent> audited = new CopyOnWriteArrayList<>();
  private final AdminService service =
      AdminService.builder()
          .audit(audited::add)
          .clock(() -> Instant.EPOCH)
          .confirmationTimeout(Duration.ofMillis(50))
          .build();
  private final Inventory handler =
      new Inventory() {
        @Override
        public Reservation reserve(ReserveRequest request) {
          if (request.getSku().equals("broken")) {
            throw Status.UNAVAILABLE.withDescription("the shelf is on fire").asRuntimeException();
          }
          return Reservation.getDefaultInstance();
        }
      };

  /** Who the header says: "reader" may read, "operator" may act too. */
  static Authorizer authorizer() {
    return Authorizer.byScopes(
        request -> {
          String user = request.headers().get(USER);
          return switch (user == null ? "" : user) {
            case "operator" ->
                new Caller("operator", Set.of("fairlead.admin.read", "fairlead.admin.write"));
            case "reader" -> new Caller("reader", Set.of("fairlead.admin.read"));
            default -> request.scopes().isEmpty() ? new Caller("app", Set.of()) : null;
          };
        });
  }

  private RpcServer.Builder builder() {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .service(InventoryRpc.bind(handler))
        .service(service)
        .observer(service)
        .authorizer(authorizer())
        .timeouts(t -> t.deregistrationDelay(Duration.ZERO));
  }

  private RpcServer start(RpcServer.Builder builder) {
    RpcServer server = builder.start();
    service.watch(server);
    return server;
  }

  private static RpcChannel to(RpcServer server, String user) {
    Metadata headers = new Metadata();
    headers.put(USER, user);
    return RpcChannel.to("127.0.0.1:" + server.port())
        .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
        // Also to a server that says that it takes no calls.
        .balancing(BalancingOptions.builder().withoutHealth().build())
        .build();
  }

  private static DrainRequest drain(String server) {
    return DrainRequest.newBuilder().setServer(server).setReason("new disk").build();
  }

  private static RpcException failure(Runnable call) {
    RpcException failure = catchThrowableOfType(RpcException.class, call::run);
    assertThat(failure).isNotNull();
    return failure;
  }

  @AfterEach
  void close() {
    registry.close();
  }

  @Test
  void aServerWithoutAnAuthorizerDoesNotStart() {
    assertThatIllegalStateException()
        .isThrownBy(() -> RpcServer.builder("open").service(service).start())
        .withMessageContaining("asks for the scopes [fairlead.admin.")
        .withMessageContaining("give the server an authorizer(...)");
  }

  @Test
  void whoMayReadMayNotAct() {
    try (RpcServer server = start(builder());
        RpcChannel channel = to(server, "reader")) {
      Admin admin = AdminRpc.client(channel);
      assertThat(admin.getState(GetStateRequest.getDefaultInstance()).getServersCount())
          .isEqualTo(1);
      RpcException refused = failure(() -> admin.drain(drain("")));
      assertThat(refused.code()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(refused).hasMessageContaining("scope fairlead.admin.write is missing");
      assertThat(server.state().phase().name()).isEqualTo("SERVING");
      // The observer hears of the end when the caller does, on another thread.
      Await.until("the event", () -> !audited.isEmpty());
      assertThat(audited)
          .singleElement()
          .satisfies(
              event -> {
                assertThat(event.action()).isEqualTo("Drain");
                assertThat(event.caller()).isEqualTo("reader");
                assertThat(event.outcome())
                    .isEqualTo("PERMISSION_DENIED: scope fairlead.admin.write is missing");
              });
    }
  }

  @Test
  void aTapShowsCallsOfBothSidesWhileTheyEnd() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-" + trace + "-00f067aa0ba902b7-01");
    try (RpcServer server = start(builder());
        RpcChannel channel = to(server, "reader");
        RpcChannel calls =
            RpcChannel.to("127.0.0.1:" + server.port())
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .observer(service)
                .build();
        Source<Call> tap =
            AdminRpc.client(channel)
                .tap(TapRequest.newBuilder().setMethod("shop.v1.Inventory").build())) {
      // The tap is open when it is audited.
      while (audited.isEmpty()) {
        Thread.onSpinWait();
      }
      Inventory inventory = InventoryRpc.client(calls);
      for (int i = 0; i < 5; i++) {
        var unused = inventory.reserve(ReserveRequest.getDefaultInstance());
        Call first = tap.read();
        Call second = tap.read();
        assertThat(List.of(first, second))
            .extracting(each -> each.getSide())
            .containsExactlyInAnyOrder(Call.Side.SERVER, Call.Side.CLIENT);
      }
      assertThat(audited).singleElement().extracting(AuditEvent::action).isEqualTo("Tap");
      assertThat(
              AdminRpc.client(channel)
                  .listCalls(ListCallsRequest.newBuilder().setTraceId(trace).build())
                  .getCallsList())
          .hasSize(5)
          .allSatisfy(call -> assertThat(call.getSide()).isEqualTo(Call.Side.SERVER));
    }
  }

  @Test
  void callsWithoutADeadlineAndUnequalVersionsAreFoundWithTheirWayOut() throws Exception {
    try (RpcServer one = start(builder().registry(registry).id("a").version("1"));
        RpcServer two = builder().registry(registry).id("b").version("2").start();
        RpcChannel channel = to(one, "reader");
        RpcChannel calls = RpcChannel.to("registry:///inventory").registry(registry).build()) {
      Admin admin = AdminRpc.client(channel);
      assertThat(findings(admin)).isEmpty();
      service.watch(calls);
      // A stock client, which knows no deadline of the contract.
      ManagedChannel stock =
          Grpc.newChannelBuilder("127.0.0.1:" + one.port(), InsecureChannelCredentials.create())
              .build();
      var unused =
          ClientCalls.blockingUnaryCall(
              stock,
              InventoryRpc.RESERVE.descriptor(),
              CallOptions.DEFAULT,
              ReserveRequest.getDefaultInstance());
      stock.shutdownNow();
      assertThat(calls.awaitReady(Duration.ofSeconds(50))).isTrue();
      List<String> found = findings(admin);
      while (found.size() < 2) {
        found = findings(admin); // the server notes the call after the caller has its response
      }
      assertThat(found)
          .containsExactly(
              "NO_DEADLINE shop.v1.Inventory/Reserve: 1 recent call came without a deadline",
              "UNEQUAL_VERSIONS channel registry:///inventory: its endpoints have the versions"
                  + " {1=1, 2=1}");
      assertThat(two.port()).isPositive();
    }
  }

  private static List<String> findings(Admin admin) {
    return admin.listFindings(ListFindingsRequest.getDefaultInstance()).getFindingsList().stream()
        .peek(each -> assertThat(each.getWayOut()).isNotEmpty())
        .map(each -> each.getRule() + " " + each.getSubject() + ": " + each.getText())
        .toList();
  }

  @Test
  void aDrainSaysWhoDidItAndWhy() {
    try (LogCapture log = LogCapture.of("io.fairlead.admin.audit");
        RpcServer server = start(builder().registry(registry).id("a"));
        RpcChannel channel = to(server, "operator")) {
      Admin admin = AdminRpc.client(channel);
      ActionResponse drained = admin.drain(drain("inventory"));
      assertThat(drained.getConfirmed()).isTrue();
      ServerState state = drained.getServers(0);
      assertThat(state.getPhase()).isEqualTo("NOT_SERVING");
      assertThat(state.getRegistration().getDraining()).isTrue();
      assertThat(state.getHistoryList())
          .extracting(Step::getPhase)
          .containsExactly("BOUND", "READY", "REGISTERED", "SERVING", "NOT_SERVING");
      assertThat(state.getHistory(4).getDetail())
          .isEqualTo(
              "drained: new disk, by operator; health says NOT_SERVING, calls are still accepted");
      ActionResponse back =
          admin.undrain(UndrainRequest.newBuilder().setReason("disk is in").build());
      assertThat(back.getServers(0).getPhase()).isEqualTo("SERVING");
      assertThat(back.getServers(0).getRegistration().getDraining()).isFalse();
      assertThat(audited)
          .containsExactly(
              new AuditEvent(
                  Instant.EPOCH, "operator", "Drain", "server=inventory", "new disk", "done"),
              new AuditEvent(Instant.EPOCH, "operator", "Undrain", "", "disk is in", "done"));
      assertThat(log.lines())
          .anyMatch(
              line ->
                  line.contains("operator: Drain server=inventory, because of \"new disk\": done"));
      assertThat(admin.getState(GetStateRequest.getDefaultInstance()).getActionsList())
          .extracting(each -> each.getAction() + " " + each.getOutcome())
          .containsExactly("Drain done", "Undrain done");
    }
  }

  @Test
  void aDrainUnderLoadLosesNoCall() throws Exception {
    AdminService otherAdmin = AdminService.create();
    try (RpcServer drained = start(builder().registry(registry).id("a"));
        RpcServer other =
            RpcServer.builder("inventory")
                .host("127.0.0.1")
                .id("b")
                .service(InventoryRpc.bind(handler))
                .observer(otherAdmin)
                .registry(registry)
                .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
                .start();
        RpcChannel admins = to(drained, "operator");
        // Without retries, which would hide a failure; and with time, as machines may be busy.
        RpcChannel channel =
            RpcChannel.to("memory:///inventory")
                .registry(registry)
                .service(InventoryRpc.service())
                .policy(
                    "shop.v1.Inventory/Reserve",
                    MethodPolicy.builder()
                        .deadline(Duration.ofSeconds(30))
                        .failureMode(FailureMode.FAILFAST)
                        .build())
                .build();
        Load load = Load.start(InventoryRpc.client(channel), 4)) {
      Admin admin = AdminRpc.client(admins);
      load.awaitCalls(200);
      assertThat(callsStarted(admin)).isPositive();
      admin.drain(drain(""));
      // Calls for which the endpoint was chosen before the channel knew are served.
      load.await(
          () ->
              channel.endpoints().stream()
                  .anyMatch(each -> each.id().equals("a") && each.endpoint().draining()));
      load.awaitCalls(200);
      long before = callsStarted(admin);
      load.awaitCalls(500);
      assertThat(callsStarted(admin)).isEqualTo(before);
      assertThat(state(admin).getCallsInFlight()).isZero();
      admin.undrain(UndrainRequest.getDefaultInstance());
      load.await(() -> callsStarted(admin) > before + 100);
      load.stop();
      assertThat(load.failures()).isEmpty();
      assertThat(other.state().phase().name()).isEqualTo("SERVING");
    }
  }

  private static ProcessState state(Admin admin) {
    return admin.getState(GetStateRequest.getDefaultInstance());
  }

  private static long callsStarted(Admin admin) {
    return state(admin).getCallsStarted();
  }

  @Test
  void aNameThatNoServerHasIsAnsweredWithThoseThereAre() {
    try (RpcServer server = start(builder());
        RpcChannel channel = to(server, "operator")) {
      RpcException failure = failure(() -> AdminRpc.client(channel).drain(drain("pricing")));
      assertThat(failure.code()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(failure)
          .hasMessageContaining(
              "no server \"pricing\" in this process; there is inventory, and an empty name stands"
                  + " for all");
      assertThat(audited).singleElement().matches(event -> event.outcome().startsWith("NOT_FOUND"));
    }
  }

  @Test
  void aProcessWhoseServersAreNotShownSaysHowToShowThem() {
    try (RpcServer server = builder().start();
        RpcChannel channel = to(server, "operator")) {
      RpcException failure = failure(() -> AdminRpc.client(channel).drain(drain("")));
      assertThat(failure.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(failure).hasMessageContaining("call watch(server) after start()");
    }
  }

  @Test
  void aWeightIsAnnouncedAndSurvivesADrain() {
    try (RpcServer server = start(builder().registry(registry).id("a"));
        RpcChannel channel = to(server, "operator")) {
      Admin admin = AdminRpc.client(channel);
      ActionResponse changed = admin.setWeight(SetWeightRequest.newBuilder().setWeight(30).build());
      assertThat(changed.getServers(0).getRegistration().getWeight()).isEqualTo(30);
      admin.drain(drain(""));
      ActionResponse back = admin.undrain(UndrainRequest.getDefaultInstance());
      assertThat(back.getServers(0).getRegistration().getWeight()).isEqualTo(30);
      assertThat(audited.get(0).arguments()).isEqualTo("weight=30");
    }
  }

  @Test
  void aWeightThatNobodyReadsIsRefused() {
    try (RpcServer server = start(builder());
        RpcChannel channel = to(server, "operator")) {
      RpcException failure =
          failure(
              () ->
                  AdminRpc.client(channel)
                      .setWeight(
                          SetWeightRequest.newBuilder()
                              .setServer("inventory")
                              .setWeight(30)
                              .build()));
      assertThat(failure.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(failure)
          .hasMessageContaining(
              "server inventory is in no registry, so nobody reads its weight; give it a"
                  + " registry(...)");
    }
  }

  @Test
  void aWeightForAllIsForThoseInARegistry() {
    try (RpcServer server = start(builder().registry(registry).id("a"));
        RpcServer other =
            start(
                RpcServer.builder("other").host("127.0.0.1").service(InventoryRpc.bind(handler)));
        RpcChannel channel = to(server, "operator")) {
      ActionResponse changed =
          AdminRpc.client(channel).setWeight(SetWeightRequest.newBuilder().setWeight(30).build());
      assertThat(changed.getServersList())
          .singleElement()
          .satisfies(each -> assertThat(each.getRegistration().getWeight()).isEqualTo(30));
      assertThat(other.registration()).isEmpty();
    }
  }

  @Test
  void aRequestWithoutAWeightTakesNobodyOut() {
    try (RpcServer server = start(builder().registry(registry).id("a"));
        RpcChannel channel = to(server, "operator")) {
      RpcException failure =
          failure(() -> AdminRpc.client(channel).setWeight(SetWeightRequest.getDefaultInstance()));
      assertThat(failure.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(failure).hasMessageContaining("is not a number from 0 to 1000000");
      assertThat(server.registration().orElseThrow().endpoint().weight()).isEqualTo(100);
    }
  }

  @Test
  void aNameCannotForgeALineOfTheAudit() {
    try (LogCapture log = LogCapture.of("io.fairlead.admin.audit");
        RpcServer server = start(builder());
        RpcChannel channel = to(server, "operator")) {
      RpcException failure =
          failure(() -> AdminRpc.client(channel).drain(drain("x\noperator: Undrain: done")));
      assertThat(failure.code()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(log.lines()).noneMatch(line -> line.contains("\n"));
      assertThat(audited).singleElement().matches(event -> !event.outcome().contains("\n"));
    }
  }

  @Test
  void aRegistryThatDoesNotConfirmIsNamed() {
    try (SilentRegistry silent = new SilentRegistry();
        RpcServer server = start(builder().registry(silent).id("a"));
        RpcChannel channel = to(server, "operator")) {
      ActionResponse response = AdminRpc.client(channel).drain(drain(""));
      assertThat(response.getConfirmed()).isFalse();
      assertThat(response.getDetail())
          .isEqualTo(
              "the registry has not confirmed it for server inventory within 50 ms, and it goes on"
                  + " being tried: no answer from 10.0.0.1:2379");
      assertThat(response.getServers(0).getPhase()).isEqualTo("NOT_SERVING");
      assertThat(audited).singleElement().matches(e -> e.outcome().startsWith("not confirmed: "));
    }
  }

  @Test
  void aServerThatIsBeingClosedIsNotDrainedAgain() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Inventory slow =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            entered.countDown();
            try {
              leave.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Reservation.getDefaultInstance();
          }
        };
    try (RpcServer admins =
            RpcServer.builder("admin").service(service).authorizer(authorizer()).start();
        RpcServer server =
            start(
                RpcServer.builder("slow")
                    .service(InventoryRpc.bind(slow))
                    .timeouts(t -> t.drainTimeout(Duration.ofSeconds(30))));
        RpcChannel channel = to(admins, "operator");
        RpcChannel calls = to(server, "app")) {
      // Neither the deadline of the contract nor that of its attempts: the handler waits for us.
      CallSettings patient =
          CallSettings.builder()
              .policy(
                  MethodPolicy.builder()
                      .deadline(Duration.ofMinutes(1))
                      .failureMode(FailureMode.FAILFAST)
                      .build())
              .build();
      CompletableFuture<Reservation> call =
          InventoryRpc.asyncClient(calls.with(patient))
              .reserve(ReserveRequest.getDefaultInstance())
              .toCompletableFuture();
      entered.await();
      CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
      Await.until("GOAWAY", () -> server.state().phase().name().equals("GOAWAY"));
      RpcException failure = failure(() -> AdminRpc.client(channel).drain(drain("slow")));
      assertThat(failure.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(failure)
          .hasMessageContaining(
              "server slow is being closed, in phase GOAWAY, and cannot be drained any more");
      leave.countDown();
      assertThat(call.join()).isEqualTo(Reservation.getDefaultInstance());
      closed.join();
    }
  }

  @Test
  void aProcessOfChannelsAloneIsShown() throws Exception {
    try (RpcServer inventory =
            RpcServer.builder("inventory")
                .host("127.0.0.1")
                .id("a")
                .zone("north")
                .registry(registry)
                .service(InventoryRpc.bind(handler))
                .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
                .start();
        RpcServer server =
            RpcServer.builder("job-admin")
                .host("127.0.0.1")
                .service(service)
                .authorizer(authorizer())
                .start();
        RpcChannel channel =
            RpcChannel.to("memory:///inventory")
                .registry(registry)
                .service(InventoryRpc.service())
                .policy(
                    "shop.v1.Inventory/Reserve",
                    MethodPolicy.builder()
                        .deadline(Duration.ofSeconds(30))
                        .failureMode(FailureMode.FAILFAST)
                        .breaker(
                            CircuitBreakerPolicy.builder()
                                .enabled(true)
                                .minimumSamples(1)
                                .openFor(Duration.ofHours(1))
                                .build())
                        .build())
                .build();
        RpcChannel admins = to(server, "reader")) {
      service.watch(channel);
      assertThat(channel.awaitReady(Duration.ofSeconds(30))).isTrue();
      failure(
          () ->
              InventoryRpc.client(channel)
                  .reserve(ReserveRequest.newBuilder().setSku("broken").build()));
      ProcessState state = state(AdminRpc.client(admins));
      assertThat(state.getPid()).isEqualTo(ProcessHandle.current().pid());
      assertThat(state.getServersList()).isEmpty();
      assertThat(state.getChannels(0).getTarget()).isEqualTo("memory:///inventory");
      EndpointState endpoint = state.getChannels(0).getEndpoints(0);
      assertThat(endpoint.getId()).isEqualTo("a");
      assertThat(endpoint.getZone()).isEqualTo("north");
      assertThat(endpoint.getAddress()).isEqualTo("127.0.0.1:" + inventory.port());
      assertThat(endpoint.getReady()).isTrue();
      assertThat(endpoint.getShare()).isEqualTo(1);
      assertThat(state.getChannels(0).getBreakersList())
          .anySatisfy(
              breaker -> {
                assertThat(breaker.getName()).isEqualTo("shop.v1.Inventory/Reserve");
                assertThat(breaker.getPhase()).isEqualTo("OPEN");
                assertThat(breaker.getDescription()).contains("the shelf is on fire");
              });
    }
    assertThat(service.toString()).isEqualTo("AdminService");
  }

  @Test
  void anOpenBreakerIsClosedFromOutside() throws Exception {
    try (RpcServer server = start(builder().registry(registry).id("a"));
        RpcChannel channel =
            RpcChannel.to("memory:///inventory")
                .registry(registry)
                .observer(service)
                .service(InventoryRpc.service())
                .policy(
                    "shop.v1.Inventory/Reserve",
                    MethodPolicy.builder()
                        .deadline(Duration.ofSeconds(30))
                        .failureMode(FailureMode.FAILFAST)
                        .breaker(
                            CircuitBreakerPolicy.builder()
                                .enabled(true)
                                .minimumSamples(1)
                                .openFor(Duration.ofHours(1))
                                .build())
                        .build())
                .build();
        RpcChannel admins = to(server, "operator")) {
      service.watch(channel);
      Admin admin = AdminRpc.client(admins);
      Inventory inventory = InventoryRpc.client(channel);
      assertThat(channel.awaitReady(Duration.ofSeconds(30))).isTrue();
      failure(() -> inventory.reserve(ReserveRequest.newBuilder().setSku("broken").build()));
      ReserveRequest good = ReserveRequest.newBuilder().setSku("hat").build();
      assertThat(failure(() -> inventory.reserve(good)).code()).isEqualTo(Status.Code.UNAVAILABLE);
      RpcException unknown =
          failure(
              () ->
                  admin.resetBreaker(
                      ResetBreakerRequest.newBuilder().setScope("METHOD").setName("x").build()));
      assertThat(unknown.code()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(unknown)
          .hasMessageContaining(
              "no circuit breaker of scope METHOD has the name \"x\"; there is METHOD"
                  + " shop.v1.Inventory/Import, METHOD shop.v1.Inventory/Reserve, ");
      ResetBreakerResponse reset =
          admin.resetBreaker(
              ResetBreakerRequest.newBuilder()
                  .setScope("method")
                  .setName("shop.v1.Inventory/Reserve")
                  .setReason("the fire is out")
                  .build());
      assertThat(reset.getChannels(0).getBreakersList())
          .filteredOn(breaker -> breaker.getName().equals("shop.v1.Inventory/Reserve"))
          .singleElement()
          .matches(breaker -> breaker.getPhase().equals("CLOSED"));
      assertThat(inventory.reserve(good)).isEqualTo(Reservation.getDefaultInstance());
      Await.until("both moves are noted", () -> state(admin).getBreakerMovesCount() == 2);
      assertThat(state(admin).getBreakerMovesList())
          .allSatisfy(move -> assertThat(move.hasAt()).isTrue())
          .extracting(move -> move.getBreaker().getName() + " " + move.getBreaker().getPhase())
          .containsExactly("shop.v1.Inventory/Reserve OPEN", "shop.v1.Inventory/Reserve CLOSED");
      assertThat(audited)
          .last()
          .satisfies(
              event -> {
                assertThat(event.action()).isEqualTo("ResetBreaker");
                assertThat(event.arguments())
                    .isEqualTo("scope=method name=shop.v1.Inventory/Reserve");
                assertThat(event.reason()).isEqualTo("the fire is out");
              });
      assertThat(
              failure(
                      () ->
                          admin.resetBreaker(
                              ResetBreakerRequest.newBuilder().setScope("server").build()))
                  .code())
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(
              failure(
                  () ->
                      admin.resetBreaker(
                          ResetBreakerRequest.newBuilder()
                              .setScope("METHOD")
                              .setTarget("dns:///other")
                              .build())))
          .hasMessageContaining(
              "no channel to \"dns:///other\" is shown here; there is memory:///inventory");
      assertCallsAndPolicies(admin);
    }
  }

  private static void assertCallsAndPolicies(Admin admin) {
    List<Call> failed =
        admin
            .listCalls(ListCallsRequest.newBuilder().setKind(ListCallsRequest.Kind.FAILED).build())
            .getCallsList();
    assertThat(failed)
        .anySatisfy(
            call -> {
              assertThat(call.getSide()).isEqualTo(Call.Side.CLIENT);
              assertThat(call.getCode()).isEqualTo("UNAVAILABLE");
              assertThat(call.getPeer()).isEqualTo("memory:///inventory");
              assertThat(call.getExplanation()).contains("the shelf is on fire");
            })
        .anySatisfy(
            call -> {
              assertThat(call.getSide()).isEqualTo(Call.Side.SERVER);
              assertThat(call.getExplanation()).startsWith("HANDLER_FAILED");
            })
        .noneMatch(call -> call.getCode().equals("OK"));
    List<Call> recent =
        admin
            .listCalls(
                ListCallsRequest.newBuilder()
                    .setMethod("shop.v1.Inventory/Reserve")
                    .setLimit(1)
                    .build())
            .getCallsList();
    assertThat(recent).singleElement().matches(call -> call.getCode().equals("OK"));
    assertThat(
            admin
                .listCalls(ListCallsRequest.newBuilder().setMethod("none/None").build())
                .getCallsList())
        .isEmpty();
    assertThat(policyOfReserve(admin))
        .containsEntry("deadline", "30s BUILDER")
        .containsEntry("balancer", "consistent_hash CONTRACT")
        .containsEntry("compression", "identity DEFAULT");
    assertThat(
            failure(
                () ->
                    admin.listPolicies(
                        ListPoliciesRequest.newBuilder().setMethod("none/None").build())))
        .hasMessageContaining(
            "no channel that is shown here has called none/None; there is shop.v1.");
  }

  /** Each field with its value and where it comes from. */
  private static Map<String, String> policyOfReserve(Admin admin) {
    io.fairlead.admin.v1.MethodPolicy found =
        admin
            .listPolicies(
                ListPoliciesRequest.newBuilder().setMethod("shop.v1.Inventory/Reserve").build())
            .getPolicies(0);
    return found.getFieldsList().stream()
        .collect(
            Collectors.toMap(
                field -> field.getName(), field -> field.getValue() + " " + field.getOrigin()));
  }

  @Test
  void theStateShowsTheSettingsOfTheProcessAndWhereTheyComeFrom() throws Exception {
    service.settings("environment", Map.of("FAIRLEAD_PORT", "1", "FAIRLEAD_ID", "inv-1"));
    service.settings("file", Map.of("FAIRLEAD_PORT", "2"));
    try (RpcServer server = start(builder());
        RpcChannel channel = to(server, "reader")) {
      assertThat(state(AdminRpc.client(channel)).getSettingsList())
          .extracting(Setting::getName, Setting::getValue, Setting::getOrigin)
          .containsExactly(
              tuple("FAIRLEAD_ID", "inv-1", "environment"), tuple("FAIRLEAD_PORT", "2", "file"));
    }
  }

  @Test
  void theStateNamesWhatKeepsAServerFromServing() throws Exception {
    boolean[] up = {true};
    CountDownLatch asked = new CountDownLatch(3);
    try (RpcServer server =
            start(
                builder()
                    .limits(l -> l.maxConcurrentCallsOf("shop.v1.Inventory/Reserve", 7))
                    .readiness(
                        "database",
                        () -> {
                          asked.countDown();
                          return up[0] && asked.getCount() > 1;
                        })
                    .readinessInterval(Duration.ofMillis(10)));
        RpcChannel channel = to(server, "reader")) {
      asked.await();
      Admin admin = AdminRpc.client(channel);
      ServerState state = state(admin).getServers(0);
      while (state.getReadiness(0).getReady()) {
        state = state(admin).getServers(0);
      }
      assertThat(state.getReadiness(0).getName()).isEqualTo("database");
      assertThat(state.getReadiness(0).getDetail()).isNotEmpty();
      assertThat(state.getCallLimitsMap()).containsEntry("shop.v1.Inventory/Reserve", 7);
      assertThat(state.getLimits()).contains("shop.v1.Inventory/Reserve=7");
      assertThat(state.getLimitsOrigin()).as("the builder's").isEmpty();
      assertThat(state.getPort()).isEqualTo(server.port());
      assertThat(state.getStack()).contains("shop.v1.Inventory/Reserve: ");
    }
  }

  @Test
  void aServerThatWasClosedIsForgotten() {
    RpcServer first = start(builder());
    first.close();
    try (RpcServer second = start(builder());
        RpcChannel channel = to(second, "reader")) {
      assertThat(state(AdminRpc.client(channel)).getServersList())
          .extracting(ServerState::getPort)
          .containsExactly(second.port());
    }
  }
}
