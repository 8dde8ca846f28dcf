package io.fairlead.contract;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.Source;

/** What the generator makes of {@code service test.v1.Echo}, by hand. */
public interface Echo {
  public default StringValue say(StringValue request) {
    throw EchoRpc.SAY.unimplemented(this);
  }

  public default Source<Int64Value> count(Int64Value request) {
    throw EchoRpc.COUNT.unimplemented(this);
  }

  public default Int64Value sum(Source<Int64Value> requests) {
    throw EchoRpc.SUM.unimplemented(this);
  }

  public default Source<StringValue> chat(Source<StringValue> requests) {
    throw EchoRpc.CHAT.unimplemented(this);
  }
}
