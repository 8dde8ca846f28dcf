package io.fairlead.contract.internal.stream;

/** The sending half of a call. Used by one thread at a time. */
public interface MessageSink<T> {
  /** Returns whether a message would leave at once; when it turns true the call says so. */
  boolean isReady();

  void send(T message);

  /** Completes the sequence: everything was sent. */
  void complete();

  /** Ends the call with the failure of the sender. */
  void fail(Throwable failure);
}
