package io.fairlead.server.internal.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.lifecycle.BuiltInService;
import io.fairlead.server.FakeCall;
import io.grpc.Attributes;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LoopbackInterceptorTest {
  private static final MethodDescriptor<String, String> METHOD =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("grpc.channelz.v1.Channelz/GetServers")
          .setRequestMarshaller(new NoMarshaller())
          .setResponseMarshaller(new NoMarshaller())
          .build();

  private final FakeCall call = new FakeCall(METHOD);

  /** Returns whether a peer with this address reaches the service. */
  private boolean reaches(@Nullable SocketAddress peer) {
    AtomicBoolean reached = new AtomicBoolean();
    ServerCall<String, String> from =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public Attributes getAttributes() {
            return peer == null
                ? Attributes.EMPTY
                : Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, peer).build();
          }
        };
    new LoopbackInterceptor(BuiltInService.CHANNELZ)
        .interceptCall(
            from,
            new Metadata(),
            (served, headers) -> {
              reached.set(true);
              return new ServerCall.Listener<>() {};
            });
    return reached.get();
  }

  private static SocketAddress at(String address) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(address), 4711);
  }

  @Test
  void aToolOnTheSameMachineIsServed() throws Exception {
    assertThat(reaches(at("127.0.0.1"))).isTrue();
    assertThat(reaches(at("127.9.9.9"))).isTrue();
    assertThat(reaches(at("::1"))).isTrue();
    assertThat(reaches(at("::ffff:127.0.0.1"))).isTrue();
    assertThat(call.closed()).isNull();
  }

  @Test
  void anotherMachineIsToldTheSetting() throws Exception {
    assertThat(reaches(at("10.0.0.7"))).isFalse();
    Status closed = Objects.requireNonNull(call.closed());
    assertThat(closed.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(closed.getDescription())
        .isEqualTo(
            "channelz answers only peers on the server's own machine; to show it to others, start"
                + " the server with exposeBuiltInServices(BuiltInService.CHANNELZ)");
  }

  @Test
  void aPeerWithoutAnAddressIsNotServed() {
    assertThat(reaches(null)).isFalse();
    assertThat(reaches(InetSocketAddress.createUnresolved("localhost", 1))).isFalse();
  }

  private static final class NoMarshaller implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(new byte[0]);
    }

    @Override
    public String parse(InputStream stream) {
      return "";
    }
  }
}
