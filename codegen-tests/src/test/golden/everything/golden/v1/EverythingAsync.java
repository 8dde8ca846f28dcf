// Written by protoc-gen-fairlead from everything.proto. Do not edit.
package golden.v1;

import golden.v1.EverythingOuterClass.Item;
import golden.v1.EverythingOuterClass.Query;
import io.fairlead.contract.FairleadGenerated;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import javax.annotation.processing.Generated;
import org.jspecify.annotations.NullMarked;

/**
 * Uses every option once.
 *
 * <p>The same contract as {@link Everything}, without blocking:
 * implementations run on event loops.
 */
@NullMarked
@FairleadGenerated
@Generated("protoc-gen-fairlead")
@SuppressWarnings("deprecation")
public interface EverythingAsync {
  /** Inherits all, the retry included. */
  default CompletionStage<Item> read(Item request) {
    return EverythingRpc.READ.unimplementedAsync(this);
  }

  /** Inherits all but the retry: nothing says that it may be retried. */
  default CompletionStage<Item> write(Item request) {
    return EverythingRpc.WRITE.unimplementedAsync(this);
  }

  /** Has hedges in place of retries. */
  default CompletionStage<Item> race(Item request) {
    return EverythingRpc.RACE.unimplementedAsync(this);
  }

  /** Goes to the endpoint of its kind. */
  default Flow.Publisher<Item> follow(Query request) {
    return EverythingRpc.FOLLOW.unimplementedPublisher(this);
  }

  @Deprecated
  default CompletionStage<Item> custom(Item request) {
    return EverythingRpc.CUSTOM.unimplementedAsync(this);
  }

  /** Is answered from a cache. */
  default CompletionStage<Item> look(Item request) {
    return EverythingRpc.LOOK.unimplementedAsync(this);
  }

  /** Takes everyone: the scope of the service is not asked for. */
  default CompletionStage<Item> open(Item request) {
    return EverythingRpc.OPEN.unimplementedAsync(this);
  }
}
