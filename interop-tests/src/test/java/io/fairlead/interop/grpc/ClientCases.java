package io.fairlead.interop.grpc;

import static io.fairlead.interop.grpc.Requests.LARGE_RESPONSE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.CallSettings;
import io.fairlead.Pipe;
import io.fairlead.ResponseCapture;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.MethodPolicy;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.testing.integration.EmptyProtos.Empty;
import io.grpc.testing.integration.Messages.Payload;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.SimpleResponse;
import io.grpc.testing.integration.Messages.StreamingInputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.grpc.testing.integration.TestService;
import io.grpc.testing.integration.UnimplementedServiceRpc;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The cases of gRPC's list, played by our client. */
final class ClientCases {
  private static final int[] REQUEST_SIZES = {27_182, 8, 1_828, 45_904};
  private static final int[] RESPONSE_SIZES = {31_415, 9, 2_653, 58_979};
  private static final int VERY_LARGE = 10 << 20;
  private static final int SOAK = 10;
  private static final String SPECIAL =
      "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \ud83d\ude08\t\n";

  private static final Metadata.Key<String> INITIAL =
      Metadata.Key.of("x-grpc-test-echo-initial", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> TRAILING =
      Metadata.Key.of("x-grpc-test-echo-trailing-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final OurClient client;

  ClientCases(OurClient client) {
    this.client = client;
  }

  void emptyUnary() {
    assertThat(client.service().emptyCall(Empty.getDefaultInstance()))
        .isEqualTo(Empty.getDefaultInstance());
  }

  void largeUnary() {
    assertLarge(client.service().unaryCall(Requests.large().build()));
  }

  void clientStreaming() {
    List<StreamingInputCallRequest> requests =
        Arrays.stream(REQUEST_SIZES).mapToObj(size -> Requests.input(size).build()).toList();
    assertThat(
            client.service().streamingInputCall(Source.from(requests)).getAggregatedPayloadSize())
        .isEqualTo(74_922);
  }

  void serverStreaming() {
    try (Source<StreamingOutputCallResponse> answers =
        client.service().streamingOutputCall(Requests.output(0, RESPONSE_SIZES).build())) {
      assertThat(answers.toList().stream().map(answer -> answer.getPayload().getBody().size()))
          .containsExactly(31_415, 9, 2_653, 58_979);
    }
  }

  void pingPong() throws Exception {
    try (Pipe<StreamingOutputCallRequest> requests = Source.pipe();
        Source<StreamingOutputCallResponse> answers =
            client.service().fullDuplexCall(requests.source())) {
      for (int i = 0; i < REQUEST_SIZES.length; i++) {
        requests.send(Requests.output(REQUEST_SIZES[i], RESPONSE_SIZES[i]).build());
        assertThat(size(answers.read())).isEqualTo(RESPONSE_SIZES[i]);
      }
      requests.complete();
      assertThat(answers.read()).isNull();
    }
  }

  void emptyStream() {
    try (Source<StreamingOutputCallResponse> answers =
        client.service().fullDuplexCall(Source.of())) {
      assertThat(answers.toList()).isEmpty();
    }
  }

  void customMetadata() {
    byte[] binary = {0xa, 0xb, 0xa, 0xb, 0xa, 0xb};
    ResponseCapture capture = new ResponseCapture();
    TestService service =
        client.service(
            CallSettings.builder()
                .header(INITIAL, "test_initial_metadata_value")
                .header(TRAILING, binary)
                .capture(capture)
                .build());
    SimpleRequest one =
        SimpleRequest.newBuilder().setResponseSize(1).setPayload(Requests.payload(1)).build();
    assertThat(service.unaryCall(one).getPayload().getBody().size()).isEqualTo(1);
    assertEchoed(capture, binary);
    try (Source<StreamingOutputCallResponse> answers =
        service.fullDuplexCall(Source.of(Requests.output(1, 1).build()))) {
      assertThat(answers.toList()).hasSize(1);
    }
    assertEchoed(capture, binary);
  }

  private static void assertEchoed(ResponseCapture capture, byte[] binary) {
    assertThat(Objects.requireNonNull(capture.headers(), "headers").getAll(INITIAL))
        .containsExactly("test_initial_metadata_value");
    assertThat(Objects.requireNonNull(capture.trailers(), "trailers").getAll(TRAILING))
        .containsExactly(binary);
  }

  void statusCodeAndMessage() {
    String message = "test status message";
    assertUnaryFails(message);
    assertThatThrownBy(
            () -> {
              try (Source<StreamingOutputCallResponse> answers =
                  client
                      .service()
                      .fullDuplexCall(
                          Source.of(
                              StreamingOutputCallRequest.newBuilder()
                                  .setResponseStatus(Requests.status(message))
                                  .build()))) {
                answers.toList();
              }
            })
        .isInstanceOfSatisfying(RpcException.class, failure -> assertSays(failure, message));
  }

  void specialStatusMessage() {
    assertUnaryFails(SPECIAL);
  }

  private void assertUnaryFails(String message) {
    SimpleRequest request =
        SimpleRequest.newBuilder().setResponseStatus(Requests.status(message)).build();
    assertThatThrownBy(() -> client.service().unaryCall(request))
        .isInstanceOfSatisfying(RpcException.class, failure -> assertSays(failure, message));
  }

  private static void assertSays(RpcException failure, String message) {
    assertThat(failure.code()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(failure.getStatus().getDescription()).isEqualTo(message);
    assertThat(failure.origin()).isEqualTo(StatusOrigin.WIRE);
  }

  void unimplementedMethod() {
    assertThatThrownBy(() -> client.service().unimplementedCall(Empty.getDefaultInstance()))
        .isInstanceOfSatisfying(
            RpcException.class,
            failure -> assertThat(failure.code()).isEqualTo(Status.Code.UNIMPLEMENTED));
  }

  void unimplementedService() {
    assertThatThrownBy(
            () ->
                UnimplementedServiceRpc.client(client.channel())
                    .unimplementedCall(Empty.getDefaultInstance()))
        .isInstanceOfSatisfying(
            RpcException.class,
            failure -> assertThat(failure.code()).isEqualTo(Status.Code.UNIMPLEMENTED));
  }

  void cancelAfterBegin() throws Exception {
    CallWatch watch = new CallWatch();
    // A publisher that never publishes: the headers go, and no message does.
    var response =
        client
            .asyncService(watch)
            .streamingInputCall(
                subscriber ->
                    subscriber.onSubscribe(
                        new Flow.Subscription() {
                          @Override
                          public void request(long n) {}

                          @Override
                          public void cancel() {}
                        }))
            .toCompletableFuture();
    response.cancel(false);
    assertThat(watch.awaitEnd().getCode()).isEqualTo(Status.Code.CANCELLED);
  }

  void cancelAfterFirstResponse() throws Exception {
    CallWatch watch = new CallWatch();
    try (Pipe<StreamingOutputCallRequest> requests = Source.pipe()) {
      Source<StreamingOutputCallResponse> answers =
          client.service(watch).fullDuplexCall(requests.source());
      requests.send(Requests.output(27_182, 31_415).build());
      assertThat(size(answers.read())).isEqualTo(31_415);
      answers.close();
      assertThat(watch.awaitEnd().getCode()).isEqualTo(Status.Code.CANCELLED);
    }
  }

  void timeoutOnSleepingServer() {
    TestService hasty =
        client.service(CallSettings.builder().deadline(Duration.ofMillis(1)).build());
    assertThatThrownBy(
            () -> {
              try (Pipe<StreamingOutputCallRequest> requests = Source.pipe();
                  Source<StreamingOutputCallResponse> answers =
                      hasty.fullDuplexCall(requests.source())) {
                requests.send(Requests.output(27_182).build());
                answers.read();
              }
            })
        .isInstanceOfSatisfying(
            RpcException.class,
            failure -> assertThat(failure.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
  }

  void veryLargeRequest() {
    CallSettings settings =
        CallSettings.builder()
            .policy(MethodPolicy.builder().maxRequestBytes(VERY_LARGE + 100).build())
            .build();
    SimpleRequest request =
        SimpleRequest.newBuilder()
            .setResponseSize(10)
            .setPayload(Requests.payload(VERY_LARGE))
            .build();
    assertThat(client.service(settings).unaryCall(request).getPayload().getBody().size())
        .isEqualTo(10);
  }

  void pickFirstUnary() {
    CallSettings first =
        CallSettings.builder()
            .policy(MethodPolicy.builder().balancer("pick_first").build())
            .build();
    SimpleRequest request = SimpleRequest.newBuilder().setFillServerId(true).build();
    Set<String> servers = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      servers.add(client.service(first).unaryCall(request).getServerId());
    }
    assertThat(servers).hasSize(1).doesNotContain("");
  }

  void soak() {
    for (int i = 0; i < SOAK; i++) {
      largeUnary();
    }
  }

  static void assertLarge(SimpleResponse response) {
    Payload payload = response.getPayload();
    assertThat(payload.getBody().size()).isEqualTo(LARGE_RESPONSE);
  }

  private static int size(@Nullable StreamingOutputCallResponse answer) {
    return Objects.requireNonNull(answer, "the stream ended too early")
        .getPayload()
        .getBody()
        .size();
  }

  /** The requests of a stream, for the cases of compression. */
  static Stream<Integer> sizes(List<StreamingOutputCallResponse> answers) {
    return answers.stream().map(ClientCases::size);
  }
}
