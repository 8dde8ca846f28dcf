package io.fairlead.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.gateway.internal.call.EnvelopeReader;
import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.library.Line;
import io.fairlead.testkit.FrameConnection;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One call between a caller's messages and a handler, without a connection. */
class GatewayCallTest {
  private final CallFixture fixture = new CallFixture();

  @Test
  void aResponseThatCannotBeWrittenEndsTheCallForEverybody() {
    CallFixture.Writer broken =
        fixture.new Writer() {
          @Override
          public void close(Status status, Metadata trailers) {
            throw new IllegalArgumentException("a header that HTTP forbids");
          }
        };
    fixture.start(
        broken,
        (call, headers) -> {
          call.close(Status.NOT_FOUND, new Metadata());
          return fixture.new Listener();
        });
    assertThat(fixture.events).containsExactly("aborted", "traced INTERNAL", "cancelled");
  }

  @Test
  void aRefusalThatCannotBeWrittenEndsTheCallForEverybody() {
    CallFixture.Writer broken =
        fixture.new Writer() {
          @Override
          public void close(Status status, Metadata trailers) {
            throw new IllegalArgumentException("a header that HTTP forbids");
          }
        };
    GatewayCall<?, ?> call = fixture.start(broken, (given, headers) -> fixture.new Listener());
    call.fail(Status.INVALID_ARGUMENT);
    assertThat(fixture.events).containsExactly("aborted", "traced INVALID_ARGUMENT", "cancelled");
  }

  @Test
  void requestsAreDecodedWhenTheHandlerAsksForThem() {
    AtomicInteger decoded = new AtomicInteger();
    List<ServerCall<Line, Line>> server = new ArrayList<>();
    GatewayCall<?, ?> call =
        fixture.start(
            fixture.new Writer(),
            (given, headers) -> {
              server.add(given);
              given.request(1);
              return fixture.new Listener();
            });
    EnvelopeReader reader =
        new EnvelopeReader(
            call,
            1 << 20,
            true,
            message -> {
              decoded.incrementAndGet();
              return message;
            });
    ByteBuf body = Unpooled.buffer();
    for (String text : List.of("a", "b", "c")) {
      byte[] line = Line.newBuilder().setText(text).build().toByteArray();
      body.writeBytes(FrameConnection.message(false, line));
    }
    // The last one is not gzip, which shows only when it is opened.
    body.writeBytes(FrameConnection.message(true, new byte[] {1, 2, 3}));
    reader.data(body);
    assertThat(decoded).hasValue(1);
    server.get(0).request(1);
    assertThat(decoded).hasValue(2);
    assertThat(fixture.events).containsExactly("got a", "got b");
    server.get(0).request(2);
    assertThat(fixture.events)
        .containsExactly(
            "got a",
            "got b",
            "got c",
            "closed INVALID_ARGUMENT",
            "traced INVALID_ARGUMENT",
            "cancelled");
  }

  @Test
  void aResponseIsCompressedByTheThreadThatSendsIt() {
    CallFixture.Writer packing =
        fixture.new Writer() {
          @Override
          public byte[] pack(byte[] encoded) {
            fixture.events.add("packed");
            return new byte[] {1};
          }
        };
    fixture.start(
        packing,
        (call, headers) -> {
          call.sendHeaders(new Metadata());
          call.sendMessage(Line.newBuilder().setText("a").build());
          // The loop writes nothing before this has returned.
          assertThat(fixture.events).containsExactly("packed");
          return fixture.new Listener();
        });
    assertThat(fixture.events).containsExactly("packed", "headers", "wire 1", "message");
  }
}
