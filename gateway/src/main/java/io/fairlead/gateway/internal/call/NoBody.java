package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.BodyReceiver;
import io.netty.buffer.ByteBuf;

/** Takes the body of a request whose message is elsewhere; none is expected. */
public final class NoBody implements BodyReceiver {
  private final GatewayCall<?, ?> call;

  /** Begins; the call has its message already. */
  public NoBody(GatewayCall<?, ?> call) {
    this.call = call;
  }

  @Override
  public void data(ByteBuf data) {
    data.release();
  }

  @Override
  public void end() {
    call.endRequests();
  }

  @Override
  public void cancelled() {
    call.callerLeft();
  }
}
