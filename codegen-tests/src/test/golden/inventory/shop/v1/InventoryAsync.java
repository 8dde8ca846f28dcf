// Written by protoc-gen-fairlead from shop/v1/inventory.proto. Do not edit.
package shop.v1;

import io.fairlead.contract.FairleadGenerated;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import javax.annotation.processing.Generated;
import org.jspecify.annotations.NullMarked;

/**
 * The stock of a warehouse: hold articles, and follow what is left of them.
 *
 * <p>The same contract as {@link Inventory}, without blocking:
 * implementations run on event loops.
 */
@NullMarked
@FairleadGenerated
@Generated("protoc-gen-fairlead")
public interface InventoryAsync {
  /**
   * Holds articles for an order that is about to be paid.
   *
   * <p>Asking twice for one order holds them once.
   */
  default CompletionStage<Reservation> reserve(ReserveRequest request) {
    return InventoryRpc.RESERVE.unimplementedAsync(this);
  }

  /** Follows the stock of some articles until the caller leaves. */
  default Flow.Publisher<StockLevel> watch(WatchRequest request) {
    return InventoryRpc.WATCH.unimplementedPublisher(this);
  }

  /** Takes over a count of the shelves. */
  default CompletionStage<ImportSummary> import_(Flow.Publisher<StockLevel> requests) {
    return InventoryRpc.IMPORT.unimplementedAsync(this);
  }

  /** Exchanges levels with another warehouse. */
  default Flow.Publisher<StockLevel> sync(Flow.Publisher<StockLevel> requests) {
    return InventoryRpc.SYNC.unimplementedPublisher(this);
  }
}
