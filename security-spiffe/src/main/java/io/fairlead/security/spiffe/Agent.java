package io.fairlead.security.spiffe;

import io.fairlead.security.spiffe.internal.X509SVIDResponse;

/** Who gives certificates to this process. */
interface Agent {

  /** What an agent says on one stream. After a failure it says nothing more. */
  interface Listener {
    void received(X509SVIDResponse response);

    /** The stream is over; the reason is a sentence for an operator. */
    void ended(String why);
  }

  /** Opens a stream. The listener is called on any thread. */
  Stream open(Listener listener);

  /** One stream. */
  interface Stream {
    /** Ends it. The listener may still hear of its end. */
    void close();
  }

  /** Releases what is not of a stream. */
  void close();
}
