package io.fairlead.interop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.Source;
import io.grpc.testing.integration.Messages.StreamingInputCallResponse;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import java.util.List;

/**
 * The cases of compression, played by our client. No server of others looks whether a message was
 * compressed as announced, so this client looks at the wire itself.
 */
final class CompressionCases {
  private final OurClient client;

  CompressionCases(OurClient client) {
    this.client = client;
  }

  void clientCompressedUnary() {
    assertThat(unary(true).sentCompressed()).containsExactly(true);
    assertThat(unary(false).sentCompressed()).containsExactly(false);
  }

  private CallWatch unary(boolean compressed) {
    CallWatch watch = new CallWatch().compressing(compressed);
    ClientCases.assertLarge(
        client
            .compressing(watch)
            .unaryCall(Requests.large().setExpectCompressed(Requests.bool(compressed)).build()));
    return watch;
  }

  void clientCompressedStreaming() {
    CallWatch watch = new CallWatch().compressing(true, false);
    StreamingInputCallResponse response =
        client
            .compressing(watch)
            .streamingInputCall(
                Source.of(
                    Requests.input(27_182).setExpectCompressed(Requests.bool(true)).build(),
                    Requests.input(45_904).setExpectCompressed(Requests.bool(false)).build()));
    assertThat(response.getAggregatedPayloadSize()).isEqualTo(73_086);
    assertThat(watch.sentCompressed()).containsExactly(true, false);
  }

  void serverCompressedUnary() {
    for (boolean compressed : new boolean[] {true, false}) {
      CallWatch watch = new CallWatch();
      ClientCases.assertLarge(
          client
              .service(watch)
              .unaryCall(
                  Requests.large().setResponseCompressed(Requests.bool(compressed)).build()));
      assertThat(watch.receivedCompressed()).containsExactly(compressed);
    }
  }

  void serverCompressedStreaming() {
    CallWatch watch = new CallWatch();
    StreamingOutputCallRequest request =
        StreamingOutputCallRequest.newBuilder()
            .addResponseParameters(Requests.compressed(31_415, true))
            .addResponseParameters(Requests.compressed(92_653, false))
            .build();
    try (Source<StreamingOutputCallResponse> answers =
        client.service(watch).streamingOutputCall(request)) {
      List<StreamingOutputCallResponse> all = answers.toList();
      assertThat(ClientCases.sizes(all)).containsExactly(31_415, 92_653);
    }
    assertThat(watch.receivedCompressed()).containsExactly(true, false);
  }
}
