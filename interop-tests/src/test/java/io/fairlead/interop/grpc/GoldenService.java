package io.fairlead.interop.grpc;

import com.google.protobuf.ByteString;
import io.fairlead.CallContext;
import io.fairlead.Source;
import io.fairlead.security.Caller;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.testing.integration.EmptyProtos.Empty;
import io.grpc.testing.integration.Messages.EchoStatus;
import io.grpc.testing.integration.Messages.Payload;
import io.grpc.testing.integration.Messages.ResponseParameters;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.SimpleResponse;
import io.grpc.testing.integration.Messages.StreamingInputCallRequest;
import io.grpc.testing.integration.Messages.StreamingInputCallResponse;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.grpc.testing.integration.TestService;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What gRPC's interop cases expect of a server. The method that no server implements is left to the
 * default of the generated interface.
 */
final class GoldenService implements TestService {
  private static final Metadata.Key<String> INITIAL =
      Metadata.Key.of("x-grpc-test-echo-initial", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> TRAILING =
      Metadata.Key.of("x-grpc-test-echo-trailing-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final String id = UUID.randomUUID().toString();
  private final LoadReporting load;

  GoldenService(LoadReporting load) {
    this.load = load;
  }

  @Override
  public Empty emptyCall(Empty request) {
    return request;
  }

  @Override
  public SimpleResponse unaryCall(SimpleRequest request) {
    echoMetadata();
    if (request.hasExpectCompressed()) {
      Compression.expect(request.getExpectCompressed().getValue());
    }
    if (request.hasResponseCompressed()) {
      Compression.answer(request.getResponseCompressed().getValue());
    }
    if (request.hasOrcaPerQueryReport()) {
      LoadReporting.perCall(request.getOrcaPerQueryReport());
    }
    failIfAsked(request.getResponseStatus());
    SimpleResponse.Builder response =
        SimpleResponse.newBuilder().setPayload(payload(request.getResponseSize()));
    if (request.getFillServerId()) {
      response.setServerId(id);
    }
    Caller caller = Caller.current();
    if (caller != null && request.getFillUsername()) {
      response.setUsername(caller.name());
    }
    if (caller != null && request.getFillOauthScope()) {
      response.setOauthScope(String.join(" ", caller.scopes()));
    }
    return response.build();
  }

  @Override
  public SimpleResponse cacheableUnaryCall(SimpleRequest request) {
    String now = Long.toString(System.nanoTime());
    return SimpleResponse.newBuilder()
        .setPayload(Payload.newBuilder().setBody(ByteString.copyFromUtf8(now)))
        .build();
  }

  @Override
  public Source<StreamingOutputCallResponse> streamingOutputCall(
      StreamingOutputCallRequest request) {
    return Source.from(out -> answer(request, out));
  }

  @Override
  public StreamingInputCallResponse streamingInputCall(Source<StreamingInputCallRequest> requests) {
    int size = 0;
    for (StreamingInputCallRequest request : requests) {
      if (request.hasExpectCompressed()) {
        Compression.expect(request.getExpectCompressed().getValue());
      } else {
        Compression.skip();
      }
      size += request.getPayload().getBody().size();
    }
    return StreamingInputCallResponse.newBuilder().setAggregatedPayloadSize(size).build();
  }

  @Override
  public Source<StreamingOutputCallResponse> fullDuplexCall(
      Source<StreamingOutputCallRequest> requests) {
    echoMetadata();
    return Source.from(
        out -> {
          for (StreamingOutputCallRequest request : requests) {
            answer(request, out);
          }
        });
  }

  @Override
  public Source<StreamingOutputCallResponse> halfDuplexCall(
      Source<StreamingOutputCallRequest> requests) {
    List<StreamingOutputCallRequest> all = new ArrayList<>(requests.toList());
    return Source.from(
        out -> {
          for (StreamingOutputCallRequest request : all) {
            answer(request, out);
          }
        });
  }

  private void answer(
      StreamingOutputCallRequest request, Source.Out<StreamingOutputCallResponse> out)
      throws InterruptedException {
    failIfAsked(request.getResponseStatus());
    if (request.hasOrcaOobReport()) {
      load.outOfBand(request.getOrcaOobReport());
    }
    for (ResponseParameters wanted : request.getResponseParametersList()) {
      // The contract asks for the pause; nothing is waited for.
      TimeUnit.MICROSECONDS.sleep(wanted.getIntervalUs());
      if (wanted.hasCompressed()) {
        Compression.answer(wanted.getCompressed().getValue());
      }
      out.send(
          StreamingOutputCallResponse.newBuilder().setPayload(payload(wanted.getSize())).build());
    }
  }

  private static void failIfAsked(EchoStatus status) {
    if (status.getCode() != 0) {
      throw Status.fromCodeValue(status.getCode())
          .withDescription(status.getMessage())
          .asRuntimeException();
    }
  }

  private static void echoMetadata() {
    CallContext call = CallContext.current();
    String initial = call.headers().get(INITIAL);
    if (initial != null) {
      call.responseHeaders().put(INITIAL, initial);
    }
    byte[] trailing = call.headers().get(TRAILING);
    if (trailing != null) {
      call.responseTrailers().put(TRAILING, trailing);
    }
  }

  private static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }
}
