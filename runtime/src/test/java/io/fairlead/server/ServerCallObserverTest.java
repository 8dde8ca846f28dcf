package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.Ending;
import io.fairlead.observe.ServerCallOutcome.Kind;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.policy.Code;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What observers hear of the calls of a server. */
@Timeout(60)
class ServerCallObserverTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final LinkedBlockingQueue<ServerCallOutcome> outcomes = new LinkedBlockingQueue<>();
  private final HoldingHandler holding = new HoldingHandler(false);

  private ServerCallOutcome next() throws InterruptedException {
    ServerCallOutcome outcome = outcomes.poll(60, TimeUnit.SECONDS);
    assertThat(outcome).isNotNull();
    return outcome;
  }

  private RpcServer.Builder holder() {
    return RpcServer.builder("echo").service(EchoRpc.bind(holding)).observer(outcomes::add);
  }

  private RpcChannel channel(RpcServer server) {
    return running.add(RpcChannel.to("127.0.0.1:" + server.port()).build());
  }

  private CompletableFuture<StringValue> hold(RpcChannel channel) throws InterruptedException {
    CompletableFuture<StringValue> held =
        EchoRpc.asyncClient(channel).say(text("hold")).toCompletableFuture();
    holding.awaitHeld(1);
    return held;
  }

  private static void assertRejected(RpcChannel channel) {
    assertThatThrownBy(() -> EchoRpc.client(channel).say(text("x")))
        .isInstanceOf(RpcException.class);
  }

  @Test
  void aServedCallIsToldWithItsTimesAndMessages() throws Exception {
    RpcServer server =
        running.start(
            holder().authorizer(Authorizer.byScopes(call -> new Caller("ann", Set.of()))));
    EchoRpc.client(channel(server)).say(text("x"));
    ServerCallOutcome outcome = next();
    assertThat(outcome.method()).isEqualTo("test.v1.Echo/Say");
    assertThat(outcome.kind()).isEqualTo(Kind.UNARY);
    assertThat(outcome.ending()).isEqualTo(Ending.OK);
    assertThat(outcome.code()).isEqualTo(Code.OK);
    assertThat(outcome.description()).isEmpty();
    assertThat(outcome.rejectionReason()).isEmpty();
    assertThat(outcome.caller()).contains("ann");
    assertThat(outcome.queueTime()).isZero();
    assertThat(outcome.totalTime()).isPositive();
    assertThat(outcome.handlerTime().orElseThrow())
        .isPositive()
        .isLessThanOrEqualTo(outcome.totalTime());
    assertThat(outcome.requestMessages()).isEqualTo(1);
    assertThat(outcome.requestBytes()).isPositive();
    assertThat(outcome.responseMessages()).isEqualTo(1);
    assertThat(outcome.responseBytes()).isPositive();
  }

  @Test
  void aCallIsToldWhenItBegins() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    RpcServer server =
        running.start(
            holder()
                .observer(
                    new ServerCallObserver() {
                      @Override
                      public void callStarted(String method) {
                        told.add("started " + method);
                      }

                      @Override
                      public void callEnded(ServerCallOutcome outcome) {
                        told.add("ended " + outcome.method());
                        outcomes.add(outcome);
                      }
                    }));
    EchoRpc.client(channel(server)).say(text("x"));
    next();
    next();
    assertThat(told).containsExactly("started test.v1.Echo/Say", "ended test.v1.Echo/Say");
  }

  @Test
  void theMessagesOfAStreamAreCounted() throws Exception {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(
                    EchoRpc.bind(
                        new Echo() {
                          @Override
                          public Int64Value sum(Source<Int64Value> requests) {
                            requests.forEach(each -> {});
                            return number(0);
                          }

                          @Override
                          public Source<Int64Value> count(Int64Value request) {
                            return Source.of(number(1), number(2), number(3));
                          }
                        }))
                .observer(outcomes::add));
    Echo client = EchoRpc.client(channel(server));
    client.sum(Source.of(number(1), number(2)));
    ServerCallOutcome sum = next();
    assertThat(sum.kind()).isEqualTo(Kind.STREAM);
    assertThat(sum.requestMessages()).isEqualTo(2);
    client.count(number(1)).toList();
    ServerCallOutcome count = next();
    assertThat(count.ending()).isEqualTo(Ending.OK);
    assertThat(count.responseMessages()).isEqualTo(3);
  }

  @Test
  void aFailureOfTheHandlerIsToldAsSuch() throws Exception {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(
                    EchoRpc.bind(
                        new Echo() {
                          @Override
                          public StringValue say(StringValue request) {
                            throw Status.NOT_FOUND
                                .withDescription("no kettle")
                                .asRuntimeException();
                          }
                        }))
                .service(
                    EchoMethod.serving(
                        text -> {
                          throw new IllegalStateException("stock");
                        }))
                .observer(outcomes::add));
    assertRejected(channel(server));
    ServerCallOutcome outcome = next();
    assertThat(outcome.ending()).isEqualTo(Ending.HANDLER_FAILED);
    assertThat(outcome.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(outcome.description()).isEqualTo("no kettle");
    assertThat(outcome.toString())
        .startsWith("test.v1.Echo/Say NOT_FOUND (no kettle) HANDLER_FAILED ");

    assertThatThrownBy(() -> EchoMethod.say(running.channel(server), "x"))
        .isInstanceOf(StatusRuntimeException.class);
    ServerCallOutcome stock = next();
    assertThat(stock.method()).isEqualTo("test.Echo/Say");
    assertThat(stock.ending()).isEqualTo(Ending.HANDLER_FAILED);
  }

  @Test
  void whoIsNotLetInIsToldWithoutAName() throws Exception {
    RpcServer server = running.start(holder().authorizer(Authorizer.byScopes(call -> null)));
    assertRejected(channel(server));
    ServerCallOutcome outcome = next();
    assertThat(outcome.ending()).isEqualTo(Ending.REJECTED_BY_AUTHORIZER);
    assertThat(outcome.code()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(outcome.caller()).isEmpty();
    assertThat(outcome.handlerTime()).isEmpty();
  }

  @Test
  void anAuthorizerThatAnswersLaterIsNoDifference() throws Exception {
    RpcServer server =
        running.start(
            holder()
                .authorizer(
                    request ->
                        CompletableFuture.supplyAsync(
                            () -> new Authorizer.Verdict.Allowed(new Caller("ann", Set.of())))));
    EchoRpc.client(channel(server)).say(text("x"));
    assertThat(next().caller()).contains("ann");
  }

  @Test
  void aCallAboveALimitIsToldWithTheLimit() throws Exception {
    RpcServer server =
        running.start(
            holder()
                .authorizer(Authorizer.byScopes(call -> new Caller("ann", Set.of())))
                .limits(limits -> limits.maxConcurrentCallsPerMethod(1)));
    RpcChannel channel = channel(server);
    CompletableFuture<StringValue> held = hold(channel);
    assertRejected(channel);
    ServerCallOutcome outcome = next();
    assertThat(outcome.ending()).isEqualTo(Ending.REJECTED_BY_ADMISSION);
    assertThat(outcome.rejectionReason()).contains(RejectionReason.METHOD_LIMIT);
    assertThat(outcome.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(outcome.caller()).contains("ann");
    assertThat(outcome.handlerTime()).isEmpty();
    holding.letGo();
    held.join();
    assertThat(next().ending()).isEqualTo(Ending.OK);
  }

  @Test
  void eachLimitHasItsReason() throws Exception {
    RpcServer whole =
        running.start(
            RpcServer.builder("one")
                .service(EchoRpc.bind(holding))
                .observer(outcomes::add)
                .limits(limits -> limits.maxConcurrentCalls(1)));
    RpcChannel first = channel(whole);
    CompletableFuture<StringValue> held = hold(first);
    assertRejected(first);
    assertThat(next().rejectionReason()).contains(RejectionReason.SERVER_LIMIT);

    RpcServer each =
        running.start(
            RpcServer.builder("two")
                .service(EchoRpc.bind(holding))
                .observer(outcomes::add)
                .limits(limits -> limits.maxConcurrentCallsPerCaller(1)));
    RpcChannel second = channel(each);
    CompletableFuture<StringValue> heldToo = hold(second);
    assertRejected(second);
    assertThat(next().rejectionReason()).contains(RejectionReason.CALLER_LIMIT);
    holding.letGo();
    held.join();
    heldToo.join();
  }

  @Test
  void whatTheQueueRejectsIsToldWithItsWait() throws Exception {
    RpcServer server =
        running.start(
            holder()
                .limits(
                    limits ->
                        limits
                            .maxConcurrentCallsPerMethod(1)
                            .queueLimit(1, Duration.ofMillis(20))));
    RpcChannel channel = channel(server);
    CompletableFuture<StringValue> held = hold(channel);
    assertRejected(channel);
    ServerCallOutcome outcome = next();
    assertThat(outcome.rejectionReason()).contains(RejectionReason.QUEUE_TIMEOUT);
    assertThat(outcome.queueTime()).isGreaterThanOrEqualTo(Duration.ofMillis(19));
    holding.letGo();
    held.join();
  }

  @Test
  void aFullQueueIsAReason() throws Exception {
    RpcServer server =
        running.start(
            holder()
                .limits(
                    limits ->
                        limits
                            .maxConcurrentCallsPerMethod(1)
                            .queueLimit(1, Duration.ofSeconds(50))));
    RpcChannel channel = channel(server);
    CompletableFuture<StringValue> held = hold(channel);
    CompletableFuture<StringValue> queued =
        EchoRpc.asyncClient(channel).say(text("x")).toCompletableFuture();
    // One connection: the server reads the calls in the order in which they were made.
    assertRejected(channel);
    assertThat(next().rejectionReason()).contains(RejectionReason.QUEUE_FULL);
    holding.letGo();
    held.join();
    queued.join();
    assertThat(List.of(next(), next()))
        .allMatch(each -> each.ending() == Ending.OK)
        .anyMatch(each -> !each.queueTime().isZero());
  }

  @Test
  void aDeadlineThatPassesIsTold() throws Exception {
    RpcServer server = running.start(holder());
    // The server alone knows of it, so no reset of the client's comes first.
    Metadata timeout = new Metadata();
    timeout.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), "50m");
    Channel channel =
        ClientInterceptors.intercept(
            running.channel(server), MetadataUtils.newAttachHeadersInterceptor(timeout));
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    channel, EchoRpc.SAY.descriptor(), CallOptions.DEFAULT, text("hold")))
        .isInstanceOf(StatusRuntimeException.class);
    ServerCallOutcome outcome = next();
    assertThat(outcome.ending()).isEqualTo(Ending.DEADLINE_PASSED);
    assertThat(outcome.code()).isEqualTo(Code.DEADLINE_EXCEEDED);
  }

  @Test
  void aCallerThatLeavesIsTold() throws Exception {
    RpcServer server = running.start(holder());
    CompletableFuture<StringValue> left = hold(channel(server));
    left.cancel(true);
    ServerCallOutcome outcome = next();
    assertThat(outcome.ending()).isEqualTo(Ending.CANCELLED);
    assertThat(outcome.code()).isEqualTo(Code.CANCELLED);
    assertThat(outcome.handlerTime()).isPresent();
  }

  @Test
  void anUnknownMethodIsAnotherOne() throws Exception {
    RpcServer server = running.start(holder());
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    running.channel(server),
                    EchoMethod.method("Sing", MethodType.UNARY),
                    CallOptions.DEFAULT,
                    "la"))
        .isInstanceOf(StatusRuntimeException.class);
    ServerCallOutcome outcome = next();
    assertThat(outcome.method()).isEqualTo(ServerCallOutcome.OTHER_METHOD);
    assertThat(outcome.kind()).isEqualTo(Kind.UNKNOWN);
    assertThat(outcome.ending()).isEqualTo(Ending.UNKNOWN_METHOD);
    assertThat(outcome.code()).isEqualTo(Code.UNIMPLEMENTED);
  }

  @Test
  void whatALayerEndsIsToldAsStopped() throws Exception {
    RpcServer server =
        running.start(
            holder()
                .policy(EchoRpc.SAY.fullName(), MethodPolicy.builder().maxRequestBytes(1).build()));
    assertRejected(channel(server));
    ServerCallOutcome tooLarge = next();
    assertThat(tooLarge.ending()).isEqualTo(Ending.STOPPED);
    assertThat(tooLarge.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);

    RpcServer closed =
        running.start(
            holder()
                .intercept(
                    new ServerInterceptor() {
                      @Override
                      public <Q, R> ServerCall.Listener<Q> interceptCall(
                          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                        call.close(Status.ABORTED, new Metadata());
                        return new ServerCall.Listener<>() {};
                      }
                    }));
    assertRejected(channel(closed));
    ServerCallOutcome refused = next();
    assertThat(refused.ending()).isEqualTo(Ending.STOPPED);
    assertThat(refused.code()).isEqualTo(Code.ABORTED);
    assertThat(refused.handlerTime()).isEmpty();
  }

  @Test
  void builtInServicesAreNotObserved() throws Exception {
    RpcServer server = running.start(holder());
    HealthGrpc.newBlockingStub(running.channel(server))
        .check(HealthCheckRequest.getDefaultInstance());
    EchoRpc.client(channel(server)).say(text("x"));
    assertThat(next().method()).isEqualTo("test.v1.Echo/Say");
    assertThat(outcomes).isEmpty();
  }

  @Test
  void anObserverThatThrowsHarmsNobody() throws Exception {
    List<Boolean> onLoop = new ArrayList<>();
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoRpc.bind(holding))
                .observer(
                    outcome -> {
                      onLoop.add(EventLoops.onEventLoop());
                      throw new IllegalStateException("a bad observer");
                    })
                .observer(outcomes::add));
    Echo client = EchoRpc.client(channel(server));
    assertThat(client.say(text("x"))).isEqualTo(text("x"));
    assertThat(client.say(text("x"))).isEqualTo(text("x"));
    assertThat(next().ending()).isEqualTo(Ending.OK);
    assertThat(next().ending()).isEqualTo(Ending.OK);
    assertThat(onLoop).containsExactly(true, true);
  }

  @Test
  void withoutAnObserverThereIsNoLayer() {
    RpcServer without = running.start(RpcServer.builder("a").service(EchoRpc.bind(holding)));
    assertThat(without.toString()).doesNotContain("observe");
    RpcServer with = running.start(holder());
    assertThat(with.toString().lines().filter(line -> line.startsWith("test.v1.Echo/")))
        .hasSize(4)
        .allMatch(
            line ->
                line.matches(
                    ".*: observe -> (stall\\(1m\\) -> )?deadline -> observe handler -> .*"));
    assertThat(with.toString().lines().filter(line -> line.startsWith("grpc.")))
        .isNotEmpty()
        .noneMatch(line -> line.contains("observe"));
  }
}
