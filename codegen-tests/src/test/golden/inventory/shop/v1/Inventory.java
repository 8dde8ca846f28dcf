// Written by protoc-gen-fairlead from shop/v1/inventory.proto. Do not edit.
package shop.v1;

import io.fairlead.Source;
import io.fairlead.contract.FairleadGenerated;
import javax.annotation.processing.Generated;
import org.jspecify.annotations.NullMarked;

/**
 * The stock of a warehouse: hold articles, and follow what is left of them.
 *
 * <p>Implement it to serve the contract; call it to use it. A fake is an implementation too: a
 * method that it leaves out answers UNIMPLEMENTED.
 */
@NullMarked
@FairleadGenerated
@Generated("protoc-gen-fairlead")
public interface Inventory {
  /**
   * Holds articles for an order that is about to be paid.
   *
   * <p>Asking twice for one order holds them once.
   */
  default Reservation reserve(ReserveRequest request) {
    throw InventoryRpc.RESERVE.unimplemented(this);
  }

  /** Follows the stock of some articles until the caller leaves. */
  default Source<StockLevel> watch(WatchRequest request) {
    throw InventoryRpc.WATCH.unimplemented(this);
  }

  /** Takes over a count of the shelves. */
  default ImportSummary import_(Source<StockLevel> requests) {
    throw InventoryRpc.IMPORT.unimplemented(this);
  }

  /** Exchanges levels with another warehouse. */
  default Source<StockLevel> sync(Source<StockLevel> requests) {
    throw InventoryRpc.SYNC.unimplemented(this);
  }
}
