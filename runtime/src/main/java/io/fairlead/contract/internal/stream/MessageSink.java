package io.fairlead.contract.internal.stream;

/** The sending half of a call. Used by one thread at a time. */
public interface MessageSink<T> {
  /** Whether a message would leave at once; when it turns true the call says so. */
  boolean isReady();

  void send(T message);

  /** Everything was sent. */
  void complete();

  /** Sending failed; the call ends with it. */
  void fail(Throwable failure);
}
