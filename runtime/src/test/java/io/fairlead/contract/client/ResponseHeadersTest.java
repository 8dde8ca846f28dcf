package io.fairlead.contract.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.Pipe;
import io.fairlead.ResponseCapture;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that needs the headers of the response before it sends its first message. */
@Timeout(60)
class ResponseHeadersTest {
  private static final Metadata.Key<String> ROOM =
      Metadata.Key.of("x-room", Metadata.ASCII_STRING_MARSHALLER);

  private final EchoLoopback server =
      EchoLoopback.serving(
          ServerServiceDefinition.builder(EchoRpc.SERVICE_NAME)
              .addMethod(EchoRpc.CHAT.descriptor(), ResponseHeadersTest::answer)
              .build());
  private final RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
  private final ResponseCapture capture = new ResponseCapture();

  /** Headers at once, or a failure if the caller asks for it; no message. */
  private static ServerCall.Listener<StringValue> answer(
      ServerCall<StringValue, StringValue> call, Metadata headers) {
    String room = headers.get(ROOM);
    if (room == null) {
      call.close(Status.NOT_FOUND.withDescription("no such room"), new Metadata());
    } else if (room.equals("empty")) {
      call.close(Status.OK, new Metadata());
    } else if (!room.equals("silent")) {
      Metadata answer = new Metadata();
      answer.put(ROOM, room);
      call.sendHeaders(answer);
    }
    return new ServerCall.Listener<>() {};
  }

  private Channel asking(String room) {
    Metadata headers = new Metadata();
    headers.put(ROOM, room);
    return channel.with(CallSettings.builder().headers(headers).capture(capture).build());
  }

  private Metadata received() throws Exception {
    return capture.whenHeaders().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @AfterEach
  void close() {
    channel.close();
    server.close();
  }

  @Test
  void blockingClientHasTheHeadersBeforeItSendsAnything() throws Exception {
    try (Pipe<StringValue> requests = Source.pipe();
        Source<StringValue> responses = EchoRpc.client(asking("a")).chat(requests.source())) {
      assertThat(received().get(ROOM)).isEqualTo("a");
      assertThat(responses).isNotNull();
    }
  }

  @Test
  void asyncClientHasTheHeadersBeforeItSendsAnything() throws Exception {
    try (Pipe<StringValue> requests = Source.pipe()) {
      EchoRpc.asyncClient(asking("b"))
          .chat(requests.source().publisher())
          .subscribe(new Ignoring());
      assertThat(received().get(ROOM)).isEqualTo("b");
    }
  }

  @Test
  void callThatEndsWithoutHeadersFailsTheStage() {
    Channel view = channel.with(CallSettings.builder().capture(capture).build());
    try (Pipe<StringValue> requests = Source.pipe();
        Source<StringValue> responses = EchoRpc.client(view).chat(requests.source())) {
      assertThatThrownBy(this::received)
          .cause()
          .isInstanceOfSatisfying(
              RpcException.class,
              failure -> {
                assertThat(failure.code()).isEqualTo(Status.Code.NOT_FOUND);
                assertThat(failure.method()).isEqualTo(EchoRpc.CHAT.fullName());
              })
          .hasMessageContaining("no such room");
      assertThat(responses).isNotNull();
    }
  }

  @Test
  void callThatEndsWellWithoutHeadersGivesEmptyOnes() throws Exception {
    try (Pipe<StringValue> requests = Source.pipe();
        Source<StringValue> responses = EchoRpc.client(asking("empty")).chat(requests.source())) {
      assertThat(received().keys()).isEmpty();
      assertThat(responses).isNotNull();
    }
  }

  @Test
  void stageOfACallIsNotCompletedByTheNextCallWithTheSameCapture() throws Exception {
    try (Pipe<StringValue> requests = Source.pipe();
        Source<StringValue> silent = EchoRpc.client(asking("silent")).chat(requests.source())) {
      CompletableFuture<Metadata> first = capture.whenHeaders().toCompletableFuture();
      try (Pipe<StringValue> others = Source.pipe();
          Source<StringValue> next = EchoRpc.client(asking("c")).chat(others.source())) {
        assertThat(received().get(ROOM)).isEqualTo("c");
        assertThat(first).isNotDone();
        assertThat(next).isNotSameAs(silent);
      }
    }
  }

  @Test
  void headersOfSettingsAreCopiedAndAddUp() {
    Metadata given = new Metadata();
    given.put(ROOM, "first");
    CallSettings settings =
        CallSettings.builder().headers(given).header("x-room", "second").build();
    given.put(ROOM, "late");
    Metadata sent = new Metadata();
    settings.addHeadersTo(sent);
    assertThat(sent.getAll(ROOM)).containsExactly("first", "second");
  }

  private static final class Ignoring implements Flow.Subscriber<StringValue> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(1);
    }

    @Override
    public void onNext(StringValue message) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
  }
}
