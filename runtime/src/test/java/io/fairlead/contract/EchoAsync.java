package io.fairlead.contract;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** The same without blocking. */
public interface EchoAsync {
  public default CompletionStage<StringValue> say(StringValue request) {
    return EchoRpc.SAY.unimplementedAsync(this);
  }

  public default Flow.Publisher<Int64Value> count(Int64Value request) {
    return EchoRpc.COUNT.unimplementedPublisher(this);
  }

  public default CompletionStage<Int64Value> sum(Flow.Publisher<Int64Value> requests) {
    return EchoRpc.SUM.unimplementedAsync(this);
  }

  public default Flow.Publisher<StringValue> chat(Flow.Publisher<StringValue> requests) {
    return EchoRpc.CHAT.unimplementedPublisher(this);
  }
}
