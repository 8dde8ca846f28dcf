package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.RawMarshaller;
import io.fairlead.policy.ConcurrencyLimits;
import io.grpc.CallOptions;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Marshallers that leave the reading to whoever gets the message, where that is later. */
@Timeout(120)
class CopyingMarshallersTest {
  /** Too much to have been copied anywhere by chance. */
  private static final String LONG = "0123456789".repeat(10_000);

  private static final MethodDescriptor<InputStream, InputStream> RAW =
      MethodDescriptor.<InputStream, InputStream>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName(EchoMethod.SAY.getFullMethodName())
          .setRequestMarshaller(RawMarshaller.INSTANCE)
          .setResponseMarshaller(RawMarshaller.INSTANCE)
          .build();

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private RpcServer serve(ServerServiceDefinition service, ConcurrencyLimits limits) {
    return running.start(
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .service(service)
            .limits(given -> limits.toBuilder()));
  }

  private static String text(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ServerServiceDefinition raw() {
    return ServerServiceDefinition.builder(EchoMethod.SERVICE)
        .addMethod(
            RAW,
            ServerCalls.asyncUnaryCall(
                (InputStream request, StreamObserver<InputStream> out) -> {
                  out.onNext(bytes(text(request)));
                  out.onCompleted();
                }))
        .build();
  }

  @Test
  void aStockHandlerMayReadItsRequestOnItsOwnThread() {
    ManagedChannel channel = running.channel(serve(raw(), ConcurrencyLimits.NONE));
    assertThat(EchoMethod.say(channel, LONG)).isEqualTo(LONG);
  }

  @Test
  void aMarshallerStillHearsWhetherTheLengthWasKnown() {
    List<Boolean> known = new CopyOnWriteArrayList<>();
    ServerServiceDefinition asking =
        ServerServiceDefinition.builder(EchoMethod.SERVICE)
            .addMethod(
                RAW,
                ServerCalls.asyncUnaryCall(
                    (InputStream request, StreamObserver<InputStream> out) -> {
                      known.add(request instanceof KnownLength);
                      out.onNext(bytes(text(request)));
                      out.onCompleted();
                    }))
            .build();
    ManagedChannel channel = running.channel(serve(asking, ConcurrencyLimits.NONE));
    for (CallOptions options :
        List.of(CallOptions.DEFAULT, CallOptions.DEFAULT.withCompression("gzip"))) {
      assertThat(ClientCalls.blockingUnaryCall(channel, EchoMethod.SAY, options, LONG))
          .isEqualTo(LONG);
    }
    assertThat(known).containsExactly(true, false);
  }

  @Test
  void queuedStockHandlerMayReadItsRequestLater() throws Exception {
    ConcurrencyLimits one =
        ConcurrencyLimits.builder()
            .maxConcurrentCalls(1)
            .queueLimit(10, Duration.ofMinutes(10))
            .build();
    ManagedChannel channel = running.channel(serve(raw(), one));
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try {
      List<Future<String>> answers = new ArrayList<>();
      for (String each : List.of("a", "b", "c", "d")) {
        answers.add(callers.submit(() -> EchoMethod.say(channel, each + LONG)));
      }
      for (Future<String> answer : answers) {
        assertThat(answer.get(60, TimeUnit.SECONDS)).endsWith(LONG);
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void ourOwnBindingMayStandBelowAnInterceptorThatReadsBytes() {
    RpcServer server =
        serve(
            ServerInterceptors.useInputStreamMessages(EchoRpc.bind(new Answers())),
            ConcurrencyLimits.NONE);
    RpcChannel channel = running.add(RpcChannel.to("127.0.0.1:" + server.port()).build());
    assertThat(EchoRpc.client(channel).say(StringValue.of(LONG)).getValue()).isEqualTo(LONG);
  }

  /** Answers with the request. */
  private static final class Answers implements io.fairlead.contract.Echo {
    @Override
    public StringValue say(StringValue request) {
      return request;
    }
  }

  @Test
  void responseIsCopiedUntilItIsDelivered() {
    RpcServer server = serve(EchoMethod.serving(it -> it), ConcurrencyLimits.NONE);
    RpcChannel channel = running.add(RpcChannel.to("127.0.0.1:" + server.port()).build());
    InputStream answer =
        ClientCalls.blockingUnaryCall(channel, RAW, CallOptions.DEFAULT, bytes(LONG));
    assertThat(text(answer)).isEqualTo(LONG);
  }
}
