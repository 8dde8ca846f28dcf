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

/** Publishes the responses of a call, which starts when somebody subscribes. */
final class ResponsePublisher<Q, R> extends ResponseListener<R>
    implements MessagePublisher.Upstream {
  private final GeneratedCallStarter starter;
  private final MethodContract<Q, R> contract;
  private final Requests<Q> requests;
  private final MessagePublisher<R> publisher;
  private volatile @Nullable ClientCall<Q, R> call;
  private volatile boolean cancelled;

  /** What the call sends: one message, or a stream of them. */
  sealed interface Requests<Q> {}

  record One<Q>(Q message) implements Requests<Q> {}

  record Many<Q>(Flow.Publisher<Q> messages) implements Requests<Q> {}

  ResponsePublisher(
      GeneratedCallStarter starter, MethodContract<Q, R> method, Requests<Q> requests) {
    super(method.fullName());
    this.starter = starter;
    this.contract = method;
    this.requests = requests;
    this.publisher = new MessagePublisher<>(method.fullName(), this);
  }

  Flow.Publisher<R> publisher() {
    return publisher;
  }

  @Override
  public void begin() {
    ClientCall<Q, R> made = starter.newCall(contract);
    PublisherPump<Q> pump = null;
    if (requests instanceof Many<Q> many) {
      pump = new PublisherPump<>(many.messages(), new RequestSink<>(made, method), method);
      pump(pump);
    }
    made.start(this, new Metadata());
    call = made;
    if (cancelled) {
      made.cancel("the subscriber cancelled", null);
      return;
    }
    try {
      if (pump != null) {
        pump.start();
      } else if (requests instanceof One<Q> one) {
        made.sendMessage(one.message());
        made.halfClose();
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
      Status why = Status.CANCELLED.withDescription(reason).withCause(cause);
      stopPump(new CallCompletion(why, new Metadata(), false));
      made.cancel(reason, cause);
    }
  }

  @Override
  public void onMessage(R message) {
    publisher.message(message);
  }

  @Override
  void ended(CallCompletion how) {
    publisher.end(how.isOk() ? null : how.failure(method));
  }
}
