package io.fairlead.gateway.internal.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.CallSettings;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One forwarded call, between a caller and a callee that say when they can take more. */
class ForwardingHandlerTest {
  private static final Metadata.Key<String> FORWARDED =
      Metadata.Key.of("x-forwarded-for", Metadata.ASCII_STRING_MARSHALLER);
  private static final byte[] MESSAGE = {1};

  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          return new byte[0];
        }
      };

  private final List<String> events = new ArrayList<>();
  private final Metadata sent = new Metadata();
  private boolean callerReady = true;
  private boolean calleeReady = true;
  private boolean hashByCaller;
  private boolean forwardsCredentials;
  private @Nullable Object key;
  private ClientCall.@Nullable Listener<byte[]> answers;

  private final class Caller extends ServerCall<byte[], byte[]> {
    private final MethodDescriptor<byte[], byte[]> method;

    Caller(MethodDescriptor<byte[], byte[]> method) {
      this.method = method;
    }

    @Override
    public void request(int count) {
      events.add("caller asked for " + count);
    }

    @Override
    public void sendHeaders(Metadata headers) {
      events.add("caller got headers");
    }

    @Override
    public void sendMessage(byte[] message) {
      events.add("caller got a message");
    }

    @Override
    public boolean isReady() {
      return callerReady;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      events.add("caller got " + status.getCode());
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<byte[], byte[]> getMethodDescriptor() {
      return method;
    }

    @Override
    public Attributes getAttributes() {
      return Attributes.newBuilder()
          .set(
              Grpc.TRANSPORT_ATTR_REMOTE_ADDR,
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 1))
          .build();
    }
  }

  private final class Backend extends Channel {
    @Override
    @SuppressWarnings("unchecked") // there are bytes alone
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      CallSettings settings = CallSettings.of(options);
      key = settings == null ? null : settings.hashKey();
      return (ClientCall<Q, R>) new Callee();
    }

    @Override
    public String authority() {
      return "backend";
    }
  }

  private final class Callee extends ClientCall<byte[], byte[]> {
    @Override
    public void start(Listener<byte[]> listener, Metadata headers) {
      answers = listener;
      sent.merge(headers);
    }

    @Override
    public void request(int count) {
      events.add("callee asked for " + count);
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      events.add("callee cancelled");
    }

    @Override
    public void halfClose() {
      events.add("callee got the end");
    }

    @Override
    public void sendMessage(byte[] message) {
      events.add("callee got a message");
    }

    @Override
    public boolean isReady() {
      return calleeReady;
    }
  }

  private ServerCall.Listener<byte[]> start(MethodType type, Metadata headers) {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.newBuilder(BYTES, BYTES)
            .setType(type)
            .setFullMethodName("shop.v1.Inventory/Watch")
            .build();
    return new ForwardingHandler(method, new Backend(), hashByCaller, forwardsCredentials)
        .startCall(new Caller(method), headers);
  }

  private ClientCall.Listener<byte[]> answers() {
    return Objects.requireNonNull(answers);
  }

  @Test
  void aStreamThatNobodyReadsHoldsUpItsHandler() {
    ServerCall.Listener<byte[]> caller = start(MethodType.BIDI_STREAMING, new Metadata());
    answers().onHeaders(new Metadata());
    events.clear();
    answers().onMessage(MESSAGE);
    assertThat(events).containsExactly("caller got a message", "callee asked for 1");
    events.clear();
    callerReady = false;
    answers().onMessage(MESSAGE);
    assertThat(events).containsExactly("caller got a message");
    callerReady = true;
    caller.onReady();
    caller.onReady();
    assertThat(events).containsExactly("caller got a message", "callee asked for 1");
  }

  @Test
  void aHandlerThatDoesNotReadHoldsUpItsCaller() {
    ServerCall.Listener<byte[]> caller = start(MethodType.BIDI_STREAMING, new Metadata());
    events.clear();
    calleeReady = false;
    caller.onMessage(MESSAGE);
    assertThat(events).containsExactly("callee got a message");
    answers().onReady();
    answers().onReady();
    assertThat(events).containsExactly("callee got a message", "caller asked for 1");
  }

  @Test
  void theEndOfEachSideReachesTheOther() {
    ServerCall.Listener<byte[]> caller = start(MethodType.UNARY, new Metadata());
    assertThat(events).containsExactly("callee asked for 2", "caller asked for 2");
    events.clear();
    caller.onMessage(MESSAGE);
    caller.onHalfClose();
    answers().onHeaders(new Metadata());
    answers().onMessage(MESSAGE);
    answers().onClose(Status.OK, new Metadata());
    assertThat(events)
        .containsExactly(
            "callee got a message",
            "callee got the end",
            "caller got headers",
            "caller got a message",
            "caller got OK");
    events.clear();
    caller.onCancel();
    assertThat(events).containsExactly("callee cancelled");
  }

  @Test
  void theTokenOfACallerStaysWhereItWasChecked() {
    Metadata headers = new Metadata();
    List<Metadata.Key<String>> keys =
        Stream.of("authorization", "cookie", "x-tenant")
            .map(name -> Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER))
            .toList();
    keys.forEach(key -> headers.put(key, "given"));
    start(MethodType.UNARY, headers);
    assertThat(sent.keys()).containsExactlyInAnyOrder("x-tenant", "x-forwarded-for");
    forwardsCredentials = true;
    start(MethodType.UNARY, headers);
    assertThat(sent.keys()).contains("authorization", "cookie");
  }

  @Test
  void theServiceSeesWhoCalledBehindWhatTheCallerSaid() {
    start(MethodType.UNARY, new Metadata());
    assertThat(sent.get(FORWARDED)).isEqualTo("127.0.0.1");
    assertThat(key).isNull();
    sent.discardAll(FORWARDED);
    Metadata headers = new Metadata();
    headers.put(FORWARDED, "10.0.0.1");
    headers.put(FORWARDED, "10.0.0.2");
    hashByCaller = true;
    start(MethodType.UNARY, new Metadata());
    assertThat(key).isEqualTo("127.0.0.1");
    sent.discardAll(FORWARDED);
    hashByCaller = false;
    start(MethodType.UNARY, headers);
    assertThat(sent.getAll(FORWARDED)).containsExactly("10.0.0.1, 10.0.0.2, 127.0.0.1");
  }
}
