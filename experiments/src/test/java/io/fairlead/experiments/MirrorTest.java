package io.fairlead.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.experiments.Mirror.Comparison;
import io.fairlead.experiments.Mirror.Counts;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.CallMirror.Result;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Calls that go to a second server as well, and what their callers notice: nothing. */
@Timeout(60)
class MirrorTest {
  private static final String RESERVE = "shop.v1.Inventory/Reserve";

  private static final MethodPolicy ONE_ATTEMPT =
      MethodPolicy.builder()
          .failureMode(FailureMode.FAILFAST)
          .deadline(Duration.ofSeconds(50))
          .build();

  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<Comparison> compared = new CopyOnWriteArrayList<>();
  private final List<Metadata> seen = new CopyOnWriteArrayList<>();

  private static ReserveRequest request(String sku) {
    return ReserveRequest.newBuilder().setSku(sku).build();
  }

  /** Serves, and returns a channel that makes one attempt for each call. */
  private RpcChannel.Builder serve(Function<ReserveRequest, CompletionStage<Reservation>> handler) {
    RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .service(
                InventoryRpc.bindAsync(
                    new InventoryAsync() {
                      @Override
                      public CompletionStage<Reservation> reserve(ReserveRequest request) {
                        return handler.apply(request);
                      }
                    }))
            .intercept(
                new ServerInterceptor() {
                  @Override
                  public <Q, R> ServerCall.Listener<Q> interceptCall(
                      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                    seen.add(headers);
                    return next.startCall(call, headers);
                  }
                })
            .start();
    open.add(0, server);
    return RpcChannel.to("127.0.0.1:" + server.port())
        .service(InventoryRpc.service())
        .policy(RESERVE, ONE_ATTEMPT);
  }

  /** Copies all calls, as the builder of the channel says. */
  private static RpcChannel.Builder mirrored(RpcChannel.Builder channel, Mirror mirror) {
    return channel
        .mirror(mirror)
        .policy(RESERVE, ONE_ATTEMPT.toBuilder().mirror(toOther(100)).build());
  }

  /** Returns what the channel says of the field, with its origin. */
  private static String mirrorOf(RpcChannel channel) {
    ResolvedPolicy policy = Objects.requireNonNull(channel.policies().get(RESERVE));
    return policy.describe(PolicyField.MIRROR);
  }

  private static MirrorPolicy toOther(double percent) {
    return MirrorPolicy.builder().to("other").percent(percent).build();
  }

  private RpcChannel opened(RpcChannel.Builder builder) {
    RpcChannel channel = builder.build();
    open.add(0, channel);
    return channel;
  }

  private static CompletionStage<Reservation> held(ReserveRequest request) {
    return CompletableFuture.completedFuture(
        Reservation.newBuilder().setSku(request.getSku()).build());
  }

  private static CompletionStage<Reservation> fails(Code code) {
    return CompletableFuture.failedFuture(Status.fromCodeValue(code.number()).asRuntimeException());
  }

  private Mirror.Builder mirror(Channel other) {
    return Mirror.to("other", other).methods(RESERVE).observer(compared::add);
  }

  private static Counts counts(Mirror mirror) {
    return mirror.counts("other").getOrDefault(RESERVE, new Counts(0, 0, 0, 0));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void answersAreComparedAndCounted() {
    RpcChannel other =
        opened(
            serve(
                request ->
                    switch (request.getSku()) {
                      case "other" -> held(request.toBuilder().setSku("quite another").build());
                      case "fails", "both" -> fails(Code.NOT_FOUND);
                      case "worse" -> fails(Code.INTERNAL);
                      default -> held(request);
                    }));
    Mirror mirror = mirror(other).build();
    Inventory inventory =
        InventoryRpc.client(
            opened(
                mirrored(
                    serve(
                        request ->
                            request.getSku().equals("both") || request.getSku().equals("worse")
                                ? fails(Code.NOT_FOUND)
                                : held(request)),
                    mirror)));
    for (String sku : List.of("same", "other", "fails", "both", "worse")) {
      try {
        assertThat(inventory.reserve(request(sku)).getSku()).isEqualTo(sku);
      } catch (RpcException e) {
        assertThat(e.code()).isEqualTo(Status.Code.NOT_FOUND);
      }
      int calls = List.of("same", "other", "fails", "both", "worse").indexOf(sku) + 1;
      Await.until("the answers are compared", () -> compared.size() == calls);
    }
    assertThat(compared)
        .extracting(Comparison::result)
        .containsExactly(
            Result.EQUAL, Result.DIFFERENT, Result.FAILED, Result.EQUAL, Result.DIFFERENT);
    assertThat(mirror.counts("other")).isEqualTo(Map.of(RESERVE, new Counts(2, 2, 1, 0)));
    Comparison different = compared.get(1);
    assertThat(different.request()).isEqualTo(request("other"));
    assertThat(different.response()).contains(Reservation.newBuilder().setSku("other").build());
    assertThat(different.mirroredResponse())
        .contains(Reservation.newBuilder().setSku("quite another").build());
  }

  @Test
  void aMirrorThatHangsOrIsFullCostsCallersNothing() {
    Semaphore reached = new Semaphore(0);
    List<CompletableFuture<Reservation>> hanging = new CopyOnWriteArrayList<>();
    RpcChannel other =
        opened(
            serve(
                request -> {
                  CompletableFuture<Reservation> never = new CompletableFuture<>();
                  hanging.add(never);
                  reached.release();
                  return never;
                }));
    Mirror mirror = mirror(other).maxInFlight(2).build();
    Inventory inventory = InventoryRpc.client(opened(mirrored(serve(MirrorTest::held), mirror)));
    for (int i = 0; i < 10; i++) {
      assertThat(inventory.reserve(request("s" + i)).getSku()).isEqualTo("s" + i);
    }
    reached.acquireUninterruptibly(2);
    Await.until("the rest is left out", () -> counts(mirror).skipped() == 8);
    hanging.forEach(each -> each.complete(Reservation.getDefaultInstance()));
    Await.until("both are compared", () -> compared.size() == 2);
    // There is room again.
    inventory.reserve(request("more"));
    reached.acquireUninterruptibly();
    hanging.get(2).complete(Reservation.newBuilder().setSku("more").build());
    Await.until("the third is compared", () -> compared.size() == 3);
    assertThat(counts(mirror)).isEqualTo(new Counts(1, 2, 0, 8));
  }

  @Test
  void aMirrorThatIsDownIsCountedAndNobodyElseNotices() {
    Mirror mirror = mirror(opened(RpcChannel.to("127.0.0.1:1"))).build();
    Inventory inventory = InventoryRpc.client(opened(mirrored(serve(MirrorTest::held), mirror)));
    assertThat(inventory.reserve(request("kettle")).getSku()).isEqualTo("kettle");
    Await.until("the failure is counted", () -> compared.size() == 1);
    assertThat(compared.get(0).mirroredStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(counts(mirror).failed()).isEqualTo(1);
  }

  @Test
  void aCallThatCannotBeSentGivesItsPlaceBackOnce() {
    List<ClientCall.Listener<?>> started = new CopyOnWriteArrayList<>();
    Channel other =
        new Channel() {
          @Override
          public <Q, R> ClientCall<Q, R> newCall(
              MethodDescriptor<Q, R> method, CallOptions options) {
            return new ClientCall<>() {
              @Override
              public void start(Listener<R> listener, Metadata headers) {
                started.add(listener);
              }

              @Override
              public void sendMessage(Q message) {
                if (started.size() == 1) {
                  throw new IllegalStateException("the first cannot be sent");
                }
              }

              @Override
              public void request(int messages) {}

              @Override
              public void halfClose() {}

              @Override
              public void cancel(@Nullable String message, @Nullable Throwable cause) {}
            };
          }

          @Override
          public String authority() {
            return "other";
          }
        };
    Mirror mirror = mirror(other).maxInFlight(1).build();
    Inventory inventory = InventoryRpc.client(opened(mirrored(serve(MirrorTest::held), mirror)));
    inventory.reserve(request("first"));
    Await.until("it is counted", () -> counts(mirror).failed() == 1);
    started.get(0).onClose(Status.DEADLINE_EXCEEDED, new Metadata());
    inventory.reserve(request("second"));
    Await.until("it is under way", () -> started.size() == 2);
    inventory.reserve(request("third"));
    Await.until("there is no place for it", () -> counts(mirror).skipped() == 1);
    assertThat(started).hasSize(2);
    assertThat(counts(mirror)).isEqualTo(new Counts(0, 0, 1, 1));
  }

  @Test
  void methodsWithEffectsAreMirroredOnlyIfTheyAreNamed() {
    RpcChannel other = opened(serve(MirrorTest::held));
    Mirror mirror = Mirror.to("other", other).observer(compared::add).build();
    assertThatThrownBy(() -> mirrored(serve(MirrorTest::held), mirror).build())
        .hasMessage(
            RESERVE
                + " cannot have mirror 100% to other (builder): the method is not marked"
                + " NO_SIDE_EFFECTS, and a copy would have its effects once more; mark it with"
                + " idempotency_level in the contract, or name it by Mirror.Builder.methods(...) if"
                + " that is harmless");
  }

  /** A method without effects, with what its contract says of it. */
  private static MethodContract<ReserveRequest, Reservation> look(MethodPolicy ofContract) {
    return MethodContract.unary(
            "shop.v1.Inventory",
            "Reserve",
            ReserveRequest.getDefaultInstance(),
            Reservation.getDefaultInstance())
        .noSideEffects()
        .policy(ofContract)
        .build();
  }

  /** A channel that knows no policy but those of contracts, and live ones. */
  private RpcChannel.Builder plain(RpcChannel.Builder server) {
    RpcChannel of = opened(server);
    return RpcChannel.to(of.target());
  }

  @Test
  void theContractHasCallsMirroredWhereTheChannelAllowsIt() {
    RpcChannel other = opened(serve(MirrorTest::held));
    MethodContract<ReserveRequest, Reservation> look =
        look(MethodPolicy.builder().mirror(toOther(100)).build());
    RpcChannel without = opened(plain(serve(MirrorTest::held)));
    ClientCalls.over(without).unary(look, request("kettle"));
    Mirror mirror = Mirror.to("other", other).observer(compared::add).build();
    RpcChannel channel = opened(plain(serve(MirrorTest::held)).mirror(mirror));
    ClientCalls.over(channel).unary(look, request("lamp"));
    Await.until("it is mirrored", () -> !compared.isEmpty());
    assertThat(compared).extracting(Comparison::request).containsExactly(request("lamp"));
    assertThat(compared.get(0).to()).isEqualTo("other");
    assertThat(mirrorOf(channel)).isEqualTo("mirror 100% to other (contract)");
    assertThat(seen).as("two calls and one copy").hasSize(3);
  }

  @Test
  void livePoliciesWinOverTheBuilderAndAreRefusedWithAWayOut() {
    RpcChannel other = opened(serve(MirrorTest::held));
    MutablePolicySource live = new MutablePolicySource();
    Mirror mirror = mirror(other).build();
    RpcChannel channel = opened(mirrored(serve(MirrorTest::held), mirror).livePolicies(live));
    Inventory inventory = InventoryRpc.client(channel);
    inventory.reserve(request("builder"));
    Await.until("it is mirrored", () -> compared.size() == 1);
    live.replace(
        MethodPolicies.empty()
            .with(RESERVE, MethodPolicy.builder().mirror(toOther(0)).build())
            .from("revision 12 by ann"));
    inventory.reserve(request("off"));
    assertThat(mirrorOf(channel))
        .isEqualTo("mirror 0% to other (live override, revision 12 by ann)");
    MirrorPolicy nowhere = MirrorPolicy.builder().to("nowhere").percent(5).build();
    try (LogCapture log = LogCapture.of("io.fairlead.client.internal.MethodConfigCache")) {
      live.set(RESERVE, MethodPolicy.builder().mirror(nowhere).build());
      assertThat(
              log.with(
                  RESERVE
                      + " cannot have mirror 5% to nowhere (live override, revision 12 by ann): this"
                      + " mirror knows no \"nowhere\"; it has other, and Mirror.Builder.to(...)"
                      + " adds more"))
          .hasSize(1);
    }
    inventory.reserve(request("still off"));
    live.remove(RESERVE);
    inventory.reserve(request("builder again"));
    Await.until("it is mirrored", () -> compared.size() == 2);
    assertThat(compared.get(1).request()).isEqualTo(request("builder again"));
  }

  @Test
  void aChannelWithoutAMirrorCopiesNothing() {
    MethodPolicy policy = ONE_ATTEMPT.toBuilder().mirror(toOther(100)).build();
    assertThatThrownBy(() -> serve(MirrorTest::held).policy(RESERVE, policy).build())
        .hasMessage(
            RESERVE
                + " cannot have mirror 100% to other (builder): this channel has no mirror, so that"
                + " no call may be copied; give it one by RpcChannel.Builder.mirror(...)");
    MutablePolicySource live = new MutablePolicySource();
    live.set(RESERVE, MethodPolicy.builder().mirror(toOther(100)).build());
    Inventory inventory = InventoryRpc.client(opened(serve(MirrorTest::held).livePolicies(live)));
    assertThat(inventory.reserve(request("kettle")).getSku()).isEqualTo("kettle");
    assertThat(seen).hasSize(1);
  }

  @Test
  void aResponseFromTheCacheIsNotMirrored() {
    RpcChannel other = opened(serve(MirrorTest::held));
    MethodContract<ReserveRequest, Reservation> look =
        look(
            MethodPolicy.builder()
                .cache(CachePolicy.builder().ttl(Duration.ofMinutes(1)).build())
                .mirror(toOther(100))
                .build());
    Mirror mirror = Mirror.to("other", other).observer(compared::add).build();
    RpcChannel channel = opened(plain(serve(MirrorTest::held)).mirror(mirror));
    ClientCalls.over(channel).unary(look, request("kettle"));
    ClientCalls.over(channel).unary(look, request("kettle"));
    ClientCalls.over(channel).unary(look, request("lamp"));
    Await.until("both are mirrored", () -> compared.size() == 2);
    assertThat(compared)
        .extracting(Comparison::request)
        .containsExactly(request("kettle"), request("lamp"));
  }

  @Test
  void observersOfTheChannelHearOfEachCopy() {
    RpcChannel other = opened(serve(request -> fails(Code.INTERNAL)));
    List<String> heard = new CopyOnWriteArrayList<>();
    CallObserver observer =
        new CallObserver() {
          @Override
          public void callEnded(CallOutcome outcome) {}

          @Override
          public void callMirrored(String method, String target, String to, Result result) {
            heard.add(method + " " + to + " " + result);
          }
        };
    Mirror mirror = mirror(other).build();
    Inventory inventory =
        InventoryRpc.client(opened(mirrored(serve(MirrorTest::held), mirror).observer(observer)));
    inventory.reserve(request("kettle"));
    Await.until("it is told", () -> !heard.isEmpty());
    assertThat(heard).containsExactly(RESERVE + " other FAILED");
  }

  @Test
  void headersGoAlongOnlyIfTheyAreNamed() {
    RpcChannel other = opened(serve(MirrorTest::held));
    Mirror mirror = mirror(other).headers("tenant").build();
    Channel channel =
        CallSettings.builder()
            .header("authorization", "Bearer secret")
            .header("tenant", "north")
            .build()
            .over(opened(mirrored(serve(MirrorTest::held), mirror)));
    InventoryRpc.client(channel).reserve(request("kettle"));
    Await.until("it is mirrored", () -> compared.size() == 1);
    Metadata mirrored = seen.get(1);
    assertThat(header(seen.get(0), "authorization")).isEqualTo("Bearer secret");
    assertThat(header(mirrored, "authorization")).isNull();
    assertThat(header(mirrored, "tenant")).isEqualTo("north");
    assertThat(header(mirrored, "fairlead-mirror")).isEqualTo("1");
  }

  private static @Nullable String header(Metadata headers, String name) {
    return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
  }

  @Test
  void aShareOfTheCallsIsMirrored() {
    RpcChannel other = opened(serve(MirrorTest::held));
    Mirror.Builder builder = mirror(other);
    AtomicReference<Double> random = new AtomicReference<>(0.049);
    builder.random = random::get;
    MutablePolicySource live = new MutablePolicySource();
    live.set(RESERVE, MethodPolicy.builder().mirror(toOther(5)).build());
    Inventory inventory =
        InventoryRpc.client(
            opened(serve(MirrorTest::held).mirror(builder.build()).livePolicies(live)));
    inventory.reserve(request("a"));
    Await.until("it is mirrored", () -> compared.size() == 1);
    random.set(0.05);
    inventory.reserve(request("b"));
    random.set(0.0);
    inventory.reserve(request("c"));
    Await.until("it is mirrored", () -> compared.size() == 2);
    assertThat(compared.get(1).request()).isEqualTo(request("c"));
  }

  @Test
  void policiesThatSayNothingOrTooMuchAreRefused() {
    assertThatThrownBy(() -> MirrorPolicy.builder().percent(5).build())
        .hasMessageContaining("mirror.to is not set");
    assertThatThrownBy(() -> MirrorPolicy.builder().to("other").build())
        .hasMessageContaining("mirror.percent is not set");
    assertThatThrownBy(() -> toOther(101)).hasMessageContaining("mirror.percent 101");
    assertThatThrownBy(() -> toOther(-1)).hasMessageContaining("mirror.percent -1");
    RpcChannel other = opened(RpcChannel.to("127.0.0.1:1"));
    assertThatThrownBy(() -> mirror(other).to("other", other))
        .hasMessageContaining("has a \"other\" already");
    assertThatThrownBy(() -> mirror(other).build().counts("canary"))
        .hasMessageContaining("knows no \"canary\"; it has other");
  }

  @Test
  void anObserverThatThrowsHarmsNobody() {
    RpcChannel other = opened(serve(MirrorTest::held));
    Mirror mirror =
        mirror(other)
            .equality(
                (one, another) -> {
                  throw new IllegalStateException("cannot compare");
                })
            .observer(
                comparison -> {
                  throw new IllegalStateException("a mistake");
                })
            .build();
    Inventory inventory = InventoryRpc.client(opened(mirrored(serve(MirrorTest::held), mirror)));
    assertThat(inventory.reserve(request("kettle")).getSku()).isEqualTo("kettle");
    Await.until("it is counted", () -> counts(mirror).different() == 1);
  }
}
