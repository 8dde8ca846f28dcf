package io.fairlead.balance.internal;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The health service of gRPC, {@code grpc.health.v1.Health}, as its callers see it. The one field
 * of each message is written and read by hand: every client needs it for its first call, and the
 * generated messages take long to load.
 */
final class HealthService {
  private static final int FIELD = 1;

  /** Sends the name of a service, and gets its status whenever that changes. */
  static final MethodDescriptor<String, ServingStatus> WATCH =
      MethodDescriptor.<String, ServingStatus>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName("grpc.health.v1.Health/Watch")
          .setRequestMarshaller(new RequestForm())
          .setResponseMarshaller(new ResponseForm())
          .build();

  private HealthService() {}

  /** What a server says, in the order of the numbers on the wire. */
  enum ServingStatus {
    UNKNOWN,
    SERVING,
    NOT_SERVING,
    SERVICE_UNKNOWN,
    /** None of these. */
    UNRECOGNIZED;

    private static final ServingStatus[] ALL = values();

    static ServingStatus of(int number) {
      return number >= 0 && number < ALL.length ? ALL[number] : UNRECOGNIZED;
    }
  }

  /** {@code HealthCheckRequest}: the name. */
  private static final class RequestForm implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String service) {
      // As generated messages do, an empty name is left out.
      byte[] bytes =
          new byte[service.isEmpty() ? 0 : CodedOutputStream.computeStringSize(FIELD, service)];
      if (bytes.length > 0) {
        try {
          CodedOutputStream.newInstance(bytes).writeString(FIELD, service);
        } catch (IOException e) {
          throw new UncheckedIOException("the name of a service does not fit its own size", e);
        }
      }
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public String parse(InputStream stream) {
      throw new UnsupportedOperationException("only clients use this form");
    }
  }

  /** {@code HealthCheckResponse}: the status. */
  private static final class ResponseForm implements MethodDescriptor.Marshaller<ServingStatus> {
    @Override
    public InputStream stream(ServingStatus status) {
      throw new UnsupportedOperationException("only servers send answers");
    }

    @Override
    public ServingStatus parse(InputStream stream) {
      try {
        CodedInputStream in = CodedInputStream.newInstance(stream);
        ServingStatus status = ServingStatus.UNKNOWN;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          if (tag >>> 3 == FIELD) {
            status = ServingStatus.of(in.readEnum());
          } else {
            in.skipField(tag);
          }
        }
        return status;
      } catch (IOException e) {
        throw new UncheckedIOException("an answer of the health service does not parse", e);
      }
    }
  }
}
