package io.fairlead.contract.client;

import io.fairlead.contract.MethodContract;
import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.contract.internal.stream.MessagePublisher;
import io.fairlead.contract.internal.stream.PublisherPump;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the responses of a call, which starts on subscribe.
 *
 * <p>The call is made by the subscriber's thread. It may be cancelled from another one before it
 * exists; both sides look at the other's volatile field after writing their own, so one of them
 * cancels.
 */
final class ResponsePublisher<Q, R> extends ClientCall.Listener<R>
    implements MessagePublisher.Upstream {
  private final GeneratedCallStarter starter;
  private final MethodContract<Q, R> method;
  private final Requests<Q> requests;
  private final MessagePublisher<R> publisher;
  private volatile @Nullable ClientCall<Q, R> call;
  private volatile boolean cancelled;
  private @Nullable PublisherPump<Q> pump;
  private boolean sawHeaders;

  /** What the call sends: one message, or a stream of them. */
  sealed interface Requests<Q> {}

  record One<Q>(Q message) implements Requests<Q> {}

  record Many<Q>(Flow.Publisher<Q> messages) implements Requests<Q> {}

  ResponsePublisher(
      GeneratedCallStarter starter, MethodContract<Q, R> method, Requests<Q> requests) {
    this.starter = starter;
    this.method = method;
    this.requests = requests;
    this.publisher = new MessagePublisher<>(method.fullName(), this);
  }

  Flow.Publisher<R> publisher() {
    return publisher;
  }

  @Override
  public void begin() {
    ClientCall<Q, R> made = starter.newCall(method);
    if (requests instanceof Many<Q>) {
      pump = new PublisherPump<>(new RequestSink<>(made, method.fullName()), method.fullName());
    }
    made.start(this, new Metadata());
    call = made;
    if (cancelled) {
      made.cancel("the subscriber cancelled", null);
    } else {
      send(made);
    }
  }

  private void send(ClientCall<Q, R> made) {
    try {
      if (requests instanceof One<Q> one) {
        made.sendMessage(one.message());
        made.halfClose();
      } else if (requests instanceof Many<Q> many && pump != null) {
        many.messages().subscribe(pump);
      }
    } catch (RuntimeException | Error e) {
      // Also if the call was cancelled meanwhile: then this changes nothing.
      made.cancel("the requests could not be sent", e);
    }
  }

  @Override
  public void request(int messages) {
    ClientCall<Q, R> made = call;
    if (made != null) {
      made.request(messages);
    }
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    cancelled = true;
    ClientCall<Q, R> made = call;
    if (made != null) {
      stopPump();
      made.cancel(reason, cause);
    }
  }

  private void stopPump() {
    if (pump != null) {
      pump.stop();
    }
  }

  @Override
  public void onReady() {
    if (pump != null) {
      pump.onReady();
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    sawHeaders = true;
  }

  @Override
  public void onMessage(R message) {
    publisher.message(message);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    CallCompletion how = new CallCompletion(status, trailers, sawHeaders);
    stopPump();
    publisher.end(how.isOk() ? null : how.failure(method.fullName()));
  }
}
