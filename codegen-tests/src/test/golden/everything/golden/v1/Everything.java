// Written by protoc-gen-fairlead from everything.proto. Do not edit.
package golden.v1;

import golden.v1.EverythingOuterClass.Item;
import golden.v1.EverythingOuterClass.Query;
import io.fairlead.Source;
import io.fairlead.contract.FairleadGenerated;
import javax.annotation.processing.Generated;
import org.jspecify.annotations.NullMarked;

/**
 * Uses every option once.
 *
 * <p>Implement it to serve the contract; call it to use it. A fake is an implementation too: a
 * method that it leaves out answers UNIMPLEMENTED.
 */
@NullMarked
@FairleadGenerated
@Generated("protoc-gen-fairlead")
@SuppressWarnings("deprecation")
public interface Everything {
  /** Inherits all, the retry included. */
  default Item read(Item request) {
    throw EverythingRpc.READ.unimplemented(this);
  }

  /** Inherits all but the retry: nothing says that it may be retried. */
  default Item write(Item request) {
    throw EverythingRpc.WRITE.unimplemented(this);
  }

  /** Has hedges in place of retries. */
  default Item race(Item request) {
    throw EverythingRpc.RACE.unimplemented(this);
  }

  /** Goes to the endpoint of its kind. */
  default Source<Item> follow(Query request) {
    throw EverythingRpc.FOLLOW.unimplemented(this);
  }

  @Deprecated
  default Item custom(Item request) {
    throw EverythingRpc.CUSTOM.unimplemented(this);
  }

  /** Is answered from a cache. */
  default Item look(Item request) {
    throw EverythingRpc.LOOK.unimplemented(this);
  }

  /** Takes everyone: the scope of the service is not asked for. */
  default Item open(Item request) {
    throw EverythingRpc.OPEN.unimplemented(this);
  }
}
