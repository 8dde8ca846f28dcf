package io.fairlead.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.InjectedFault;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.FaultPolicy;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Faults on purpose: who gets them, and that nobody takes them for real ones. */
@Timeout(60)
class FaultInjectorTest {
  private static final String RESERVE = "shop.v1.Inventory/Reserve";
  private static final ReserveRequest KETTLE = ReserveRequest.newBuilder().setSku("kettle").build();

  private final AtomicInteger served = new AtomicInteger();
  private final List<ServerCallOutcome> outcomes = new CopyOnWriteArrayList<>();
  private final ManualClock clock = ManualClock.create();
  private volatile double random;
  private AutoCloseable open = () -> {};

  private FaultInjector.Builder faults() {
    FaultInjector.Builder builder = FaultInjector.builder();
    builder.random = () -> random;
    builder.timer = clock.scheduler();
    return builder;
  }

  private static FaultPolicy unavailable(double share) {
    return FaultPolicy.builder().share(share).code(Code.UNAVAILABLE).build();
  }

  /** Serves with these faults, and returns a channel that makes one attempt for each call. */
  private Channel serve(FaultInjector injector, ServerInterceptor... below) {
    Metadata.Key<String> name = Metadata.Key.of("caller", Metadata.ASCII_STRING_MARSHALLER);
    RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .service(
                InventoryRpc.bind(
                    new Inventory() {
                      @Override
                      public Reservation reserve(ReserveRequest request) {
                        served.incrementAndGet();
                        return Reservation.newBuilder().setSku(request.getSku()).build();
                      }
                    }))
            .authorizer(
                Authorizer.byScopes(
                    request -> {
                      String said = request.headers().get(name);
                      return new Caller(said == null ? "nobody" : said, Set.of());
                    }))
            .intercept(injector)
            .intercept(below)
            .observer(outcomes::add)
            .start();
    RpcChannel channel =
        RpcChannel.to("127.0.0.1:" + server.port())
            .service(InventoryRpc.service())
            .policy(
                RESERVE,
                MethodPolicy.builder()
                    .failureMode(FailureMode.FAILFAST)
                    .deadline(Duration.ofSeconds(50))
                    .build())
            .build();
    open =
        () -> {
          channel.close();
          server.close();
          injector.close();
        };
    return channel;
  }

  @AfterEach
  void close() throws Exception {
    open.close();
  }

  private static Code code(Channel channel) {
    try {
      InventoryRpc.client(channel).reserve(KETTLE);
      return Code.OK;
    } catch (RpcException e) {
      return Code.of(e.code().value());
    }
  }

  private static Channel with(Channel channel, String header, String value) {
    return CallSettings.builder().header(header, value).build().over(channel);
  }

  @Test
  void aShareOfTheCallsGetsTheStatusAndTheCallerIsToldWhy() {
    FaultInjector injector = faults().fault(RESERVE, unavailable(0.2)).build();
    Channel channel = serve(injector);
    random = 0.19;
    RpcException failure =
        catchThrowableOfType(
            RpcException.class, () -> InventoryRpc.client(channel).reserve(KETTLE));
    assertThat(failure.code().value()).isEqualTo(Code.UNAVAILABLE.number());
    assertThat(failure.explain()).contains("injected fault (builder)");
    assertThat(served).hasValue(0);
    random = 0.2;
    assertThat(code(channel)).isEqualTo(Code.OK);
    assertThat(injector.injected()).isEqualTo(Map.of(RESERVE, 1L));
    Await.until("both calls are seen", () -> outcomes.size() == 2);
    assertThat(outcomes.get(0).description()).isEqualTo("injected fault (builder)");
    assertThat(outcomes.get(0).ending()).isEqualTo(ServerCallOutcome.Ending.STOPPED);
  }

  @Test
  void aDelayEndsWithTheHandlersResponse() {
    FaultInjector injector =
        faults()
            .fault(RESERVE, FaultPolicy.builder().share(1).delay(Duration.ofSeconds(2)).build())
            .build();
    InventoryAsync inventory = InventoryRpc.asyncClient(serve(injector));
    CompletableFuture<Reservation> reservation = inventory.reserve(KETTLE).toCompletableFuture();
    Await.until("the call waits", () -> injector.injected().containsKey(RESERVE));
    clock.advance(Duration.ofMillis(1_999));
    assertThat(reservation).isNotDone();
    assertThat(served).hasValue(0);
    clock.advance(Duration.ofMillis(1));
    assertThat(reservation.join().getSku()).isEqualTo("kettle");
  }

  @Test
  void aDelayMayEndWithAStatus() {
    FaultInjector injector =
        faults()
            .fault(
                RESERVE,
                FaultPolicy.builder()
                    .share(1)
                    .delay(Duration.ofSeconds(2))
                    .code(Code.INTERNAL)
                    .build())
            .build();
    CompletableFuture<Reservation> reservation =
        InventoryRpc.asyncClient(serve(injector)).reserve(KETTLE).toCompletableFuture();
    Await.until("the call waits", () -> injector.injected().containsKey(RESERVE));
    clock.advance(Duration.ofSeconds(2));
    assertThatThrownBy(reservation::join)
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("injected fault (builder)");
    assertThat(served).hasValue(0);
  }

  @Test
  void aCallThatIsGivenUpWhileItWaitsDoesNotReachItsHandler() {
    FaultInjector injector =
        faults()
            .fault(RESERVE, FaultPolicy.builder().share(1).delay(Duration.ofSeconds(2)).build())
            .build();
    Channel channel = serve(injector);
    CompletableFuture<Reservation> reservation =
        InventoryRpc.asyncClient(channel).reserve(KETTLE).toCompletableFuture();
    Await.until("the call waits", () -> injector.injected().containsKey(RESERVE));
    reservation.cancel(true);
    Await.until("the server knows", () -> !outcomes.isEmpty());
    assertThat(outcomes.get(0).ending()).isEqualTo(ServerCallOutcome.Ending.CANCELLED);
    clock.advance(Duration.ofSeconds(3));
    random = 2;
    assertThat(code(channel)).isEqualTo(Code.OK);
    assertThat(served).as("the second call alone").hasValue(1);
  }

  @Test
  void aHandlerThatBreaksAfterADelayEndsTheCall() {
    AtomicInteger broken = new AtomicInteger();
    FaultInjector injector =
        faults()
            .fault(RESERVE, FaultPolicy.builder().share(1).delay(Duration.ofSeconds(2)).build())
            .build();
    Channel channel =
        serve(
            injector,
            new ServerInterceptor() {
              @Override
              public <Q, R> ServerCall.Listener<Q> interceptCall(
                  ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                broken.incrementAndGet();
                throw new AssertionError("a mistake");
              }
            });
    CompletableFuture<Reservation> reservation =
        InventoryRpc.asyncClient(channel).reserve(KETTLE).toCompletableFuture();
    Await.until("the call waits", () -> injector.injected().containsKey(RESERVE));
    clock.advance(Duration.ofSeconds(2));
    assertThatThrownBy(reservation::join)
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("UNKNOWN")
        .hasMessageContaining("the handler failed");
    Await.until("the server has ended it", () -> !outcomes.isEmpty());
    assertThat(broken).hasValue(1);
  }

  @Test
  void outcomesSayWhichFaultACallGot() {
    MutablePolicySource live = new MutablePolicySource();
    FaultInjector injector = faults().livePolicies(live).build();
    Channel channel = serve(injector);
    assertThat(code(channel)).isEqualTo(Code.OK);
    live.set(RESERVE, MethodPolicy.builder().fault(unavailable(1)).build());
    assertThat(code(channel)).isEqualTo(Code.UNAVAILABLE);
    FaultPolicy delay = FaultPolicy.builder().share(1).delay(Duration.ofSeconds(2)).build();
    long before = 1;
    for (FaultPolicy fault : List.of(delay, delay.toBuilder().code(Code.ABORTED).build())) {
      live.set(RESERVE, MethodPolicy.builder().fault(fault).build());
      CompletableFuture<Reservation> slow =
          InventoryRpc.asyncClient(channel).reserve(KETTLE).toCompletableFuture();
      long now = ++before;
      Await.until("the call waits", () -> injector.injected().equals(Map.of(RESERVE, now)));
      clock.advance(Duration.ofSeconds(2));
      Await.until("it is over", slow::isDone);
    }
    Await.until("all are seen", () -> outcomes.size() == 4);
    assertThat(outcomes)
        .extracting(ServerCallOutcome::injectedFault)
        .containsExactly(
            Optional.empty(),
            Optional.of(InjectedFault.STATUS),
            Optional.of(InjectedFault.DELAY),
            Optional.of(InjectedFault.DELAY_AND_STATUS));
  }

  @Test
  void onlyCallsOfOneCallerOrWithAHeaderGetIt() {
    FaultInjector injector =
        faults()
            .fault(RESERVE, unavailable(1).toBuilder().caller("checkout").build())
            .fault(
                "shop.v1.Inventory",
                unavailable(1).toBuilder().header("x-game-day").headerValue("1").build())
            .build();
    Channel channel = serve(injector);
    assertThat(code(with(channel, "caller", "checkout"))).isEqualTo(Code.UNAVAILABLE);
    assertThat(code(with(channel, "caller", "billing"))).isEqualTo(Code.OK);
    assertThat(code(with(channel, "x-game-day", "1"))).as("a method's own wins").isEqualTo(Code.OK);
    open = andThen(open);
    Channel byHeader =
        serve(
            faults()
                .fault(
                    "*", unavailable(1).toBuilder().header("x-game-day").headerValue("1").build())
                .build());
    assertThat(code(with(byHeader, "x-game-day", "1"))).isEqualTo(Code.UNAVAILABLE);
    assertThat(code(with(byHeader, "x-game-day", "2"))).isEqualTo(Code.OK);
    assertThat(code(byHeader)).isEqualTo(Code.OK);
  }

  /** Closes what is open before a second server takes its place. */
  private static AutoCloseable andThen(AutoCloseable first) {
    try {
      first.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return () -> {};
  }

  @Test
  void livePoliciesBringAndTakeFaultsAndTheLogSaysSo() {
    MutablePolicySource live = new MutablePolicySource();
    try (LogCapture log = LogCapture.of(FaultInjector.class.getName())) {
      FaultInjector injector = faults().livePolicies(live).build();
      assertThat(log.warnings())
          .containsExactly(
              "this process may give the calls that it serves faults on purpose, also as live"
                  + " policies say while it runs; leave the FaultInjector out where that is not"
                  + " wanted");
      Channel channel = serve(injector);
      assertThat(code(channel)).isEqualTo(Code.OK);
      live.replace(
          MethodPolicies.empty()
              .with(RESERVE, MethodPolicy.builder().fault(unavailable(1)).build())
              .from("revision 12 by ann"));
      RpcException failure =
          catchThrowableOfType(
              RpcException.class, () -> InventoryRpc.client(channel).reserve(KETTLE));
      assertThat(failure.explain()).contains("injected fault (live override, revision 12 by ann)");
      live.remove(RESERVE);
      assertThat(code(channel)).isEqualTo(Code.OK);
      assertThat(log.warnings().subList(1, 3))
          .containsExactly(
              "faults are injected on purpose: {" + RESERVE + "=100% get UNAVAILABLE}",
              "faults are no longer injected; they were {" + RESERVE + "=100% get UNAVAILABLE}");
    }
  }

  @Test
  void anInjectorThatIsClosedInjectsNothing() {
    FaultInjector injector = faults().fault(RESERVE, unavailable(1)).build();
    Channel channel = serve(injector);
    injector.close();
    assertThat(code(channel)).isEqualTo(Code.OK);
  }

  @Test
  void aChannelRefusesAFaultThatOnlyServersInject() {
    assertThatThrownBy(
            () ->
                RpcChannel.to("127.0.0.1:1")
                    .service(InventoryRpc.service())
                    .policy(RESERVE, MethodPolicy.builder().fault(unavailable(1)).build())
                    .build())
        .hasMessageContaining("cannot have fault 100% get UNAVAILABLE")
        .hasMessageContaining("FaultInjector");
  }

  @Test
  void faultsThatSayNothingOrTooMuchAreRefused() {
    assertThatThrownBy(() -> FaultPolicy.builder().share(1).build())
        .hasMessageContaining("neither delay nor code");
    assertThatThrownBy(() -> unavailable(0)).hasMessageContaining("fault.share is 0.0");
    assertThatThrownBy(() -> unavailable(1.1)).hasMessageContaining("fault.share is 1.1");
    assertThatThrownBy(() -> FaultPolicy.builder().share(1).code(Code.OK).build())
        .hasMessageContaining("fault.code is OK");
    assertThatThrownBy(() -> FaultPolicy.builder().share(1).delay(Duration.ofMinutes(6)).build())
        .hasMessageContaining("fault.delay");
    assertThatThrownBy(() -> unavailable(1).toBuilder().header("x").build())
        .hasMessageContaining("belong together");
  }
}
