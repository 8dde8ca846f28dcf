package io.fairlead.interop.grpc;

import com.google.protobuf.ByteString;
import io.grpc.testing.integration.Messages.BoolValue;
import io.grpc.testing.integration.Messages.EchoStatus;
import io.grpc.testing.integration.Messages.Payload;
import io.grpc.testing.integration.Messages.ResponseParameters;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.StreamingInputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;

/** The messages that the cases send, with the sizes that all implementations use. */
final class Requests {
  static final int LARGE_REQUEST = 271_828;
  static final int LARGE_RESPONSE = 314_159;

  private Requests() {}

  static SimpleRequest.Builder large() {
    return SimpleRequest.newBuilder()
        .setResponseSize(LARGE_RESPONSE)
        .setPayload(payload(LARGE_REQUEST));
  }

  static StreamingInputCallRequest.Builder input(int size) {
    return StreamingInputCallRequest.newBuilder().setPayload(payload(size));
  }

  /** Sends some bytes and asks for answers of these sizes. */
  static StreamingOutputCallRequest.Builder output(int size, int... answers) {
    StreamingOutputCallRequest.Builder request = StreamingOutputCallRequest.newBuilder();
    if (size > 0) {
      request.setPayload(payload(size));
    }
    for (int answer : answers) {
      request.addResponseParameters(ResponseParameters.newBuilder().setSize(answer));
    }
    return request;
  }

  static ResponseParameters compressed(int size, boolean compressed) {
    return ResponseParameters.newBuilder().setSize(size).setCompressed(bool(compressed)).build();
  }

  static BoolValue bool(boolean value) {
    return BoolValue.newBuilder().setValue(value).build();
  }

  static EchoStatus status(String message) {
    return EchoStatus.newBuilder().setCode(2).setMessage(message).build();
  }

  static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }
}
