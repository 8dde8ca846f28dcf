package io.fairlead.gateway.internal.http;

import io.netty.buffer.ByteBuf;

/** Takes the body of one request, on its event loop. */
public interface BodyReceiver {
  /** Takes no interest in the body. */
  BodyReceiver IGNORE =
      new BodyReceiver() {
        @Override
        public void data(ByteBuf data) {
          data.release();
        }

        @Override
        public void end() {}

        @Override
        public void cancelled() {}
      };

  /** Takes a part of the body, and releases it. */
  void data(ByteBuf data);

  /** The body is complete. */
  void end();

  /** The caller has gone, or has cancelled, before the response was complete. Nothing follows. */
  void cancelled();
}
