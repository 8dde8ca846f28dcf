package io.fairlead.interop.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import io.grpc.testing.integration.Messages.Payload;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.SimpleResponse;
import io.grpc.testing.integration.TestService;
import io.grpc.testing.integration.TestServiceAsync;
import io.grpc.testing.integration.TestServiceRpc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * gRPC's cases of bad HTTP/2 servers against our client. The method is not idempotent, so a call
 * that may have arrived must fail, and never be sent again.
 */
class NegativeCasesIT {
  private static final int SIZE = 314_159;
  private static final int CALLS = 15;

  @TestFactory
  Stream<DynamicTest> badServers() {
    return Cases.of(Area.HTTP2, "raw frames", Direction.OUR_CLIENT)
        .test("goaway", NegativeCasesIT::goAway)
        .test("rst_after_header", () -> reset(0))
        .test("rst_during_data", () -> reset(SIZE / 2))
        .test("rst_after_data", () -> reset(Integer.MAX_VALUE))
        .test("ping", NegativeCasesIT::ping)
        .test("max_streams", NegativeCasesIT::maxStreams)
        .test("data_frame_padding", () -> answersInFrames(1_000, 255))
        .test("no_df_padding_sanity_test", () -> answersInFrames(1_000, 0))
        .tests();
  }

  private static RpcChannel channel(FrameServer server) {
    // Without the watch on health, whose stream the server would take for a request.
    return RpcChannel.to(server.target())
        .balancing(BalancingOptions.builder().withoutHealth().build())
        .build();
  }

  private static SimpleRequest request() {
    return SimpleRequest.newBuilder().setResponseSize(SIZE).setPayload(payload(271_828)).build();
  }

  private static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }

  private static byte[] response() {
    return FrameConnection.message(
        SimpleResponse.newBuilder().setPayload(payload(SIZE)).build().toByteArray());
  }

  private static void assertGood(SimpleResponse response) {
    assertThat(response.getPayload().getBody().size()).isEqualTo(SIZE);
  }

  private static void answer(FrameConnection connection, int stream) throws Exception {
    connection.headers(stream);
    connection.data(stream, response());
    connection.trailers(stream);
  }

  /** The GOAWAY comes within the first call, so that the second one cannot miss it. */
  private static void goAway() throws Exception {
    FrameServer.Script script =
        (connection, number) -> {
          connection.greet();
          int stream = connection.nextRequest();
          connection.headers(stream);
          connection.data(stream, response());
          if (number == 1) {
            connection.goAway(stream);
          }
          connection.trailers(stream);
        };
    try (FrameServer server = FrameServer.start(script);
        RpcChannel channel = channel(server)) {
      TestService service = TestServiceRpc.client(channel);
      assertGood(service.unaryCall(request()));
      assertGood(service.unaryCall(request()));
      assertThat(server.connections()).isEqualTo(2);
      server.awaitPlayed();
    }
  }

  private static void reset(int bytes) throws Exception {
    FrameServer.Script script =
        (connection, number) -> {
          connection.greet();
          int stream = connection.nextRequest();
          connection.headers(stream);
          byte[] response = response();
          connection.data(stream, Arrays.copyOf(response, Math.min(bytes, response.length)));
          connection.reset(stream);
          // A second request would follow at once: the answer to a ping comes after it.
          connection.ping();
          assertThat(connection.mostOpen()).isEqualTo(1);
        };
    try (FrameServer server = FrameServer.start(script);
        RpcChannel channel = channel(server)) {
      RpcException failure =
          catchThrowableOfType(
              RpcException.class, () -> TestServiceRpc.client(channel).unaryCall(request()));
      assertThat(failure).isNotNull();
      assertThat(failure.explain()).contains("attempt 1 at").doesNotContain("attempt 2 at");
      server.awaitPlayed();
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  private static void ping() throws Exception {
    FrameServer.Script script =
        (connection, number) -> {
          connection.greet();
          connection.ping();
          int stream = connection.nextRequest();
          connection.ping();
          connection.headers(stream);
          connection.ping();
          connection.data(stream, response());
          connection.ping();
          connection.trailers(stream);
          connection.ping();
        };
    try (FrameServer server = FrameServer.start(script);
        RpcChannel channel = channel(server)) {
      assertGood(TestServiceRpc.client(channel).unaryCall(request()));
      server.awaitPlayed();
    }
  }

  private static void maxStreams() throws Exception {
    CountDownLatch allStarted = new CountDownLatch(1);
    FrameServer.Script script =
        (connection, number) -> {
          connection.greet(1);
          answer(connection, connection.nextRequest());
          for (int i = 0; i < CALLS; i++) {
            int stream = connection.nextRequest();
            assertThat(allStarted.await(1, TimeUnit.MINUTES)).isTrue();
            // What the client began before, it would have sent before the answer to a ping.
            connection.ping();
            answer(connection, stream);
          }
          assertThat(connection.mostOpen()).isEqualTo(1);
        };
    try (FrameServer server = FrameServer.start(script);
        RpcChannel channel = channel(server)) {
      TestServiceAsync service = TestServiceRpc.asyncClient(channel);
      assertGood(service.unaryCall(request()).toCompletableFuture().get(1, TimeUnit.MINUTES));
      List<CompletableFuture<SimpleResponse>> calls = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        calls.add(service.unaryCall(request()).toCompletableFuture());
      }
      allStarted.countDown();
      for (CompletableFuture<SimpleResponse> call : calls) {
        assertGood(call.get(1, TimeUnit.MINUTES));
      }
      server.awaitPlayed();
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  /** Padding counts against the window of the stream; a client that forgets it stalls. */
  private static void answersInFrames(int size, int padding) throws Exception {
    FrameServer.Script script =
        (connection, number) -> {
          connection.greet();
          for (int i = 0; i < 5; i++) {
            int stream = connection.nextRequest();
            connection.headers(stream);
            connection.data(stream, response(), size, padding);
            connection.trailers(stream);
          }
        };
    try (FrameServer server = FrameServer.start(script);
        RpcChannel channel = channel(server)) {
      for (int i = 0; i < 5; i++) {
        assertGood(TestServiceRpc.client(channel).unaryCall(request()));
      }
      server.awaitPlayed();
    }
  }
}
