package io.fairlead.console;

import io.fairlead.Source;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import shop.v1.ImportSummary;
import shop.v1.Inventory;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;
import shop.v1.StockLevel;
import shop.v1.WatchRequest;

/** Answers in all four shapes; an article whose name begins with "broken" is on no shelf. */
class ShopHandler implements Inventory {
  final AtomicLong reserved = new AtomicLong();

  @Override
  public Reservation reserve(ReserveRequest request) {
    reserved.incrementAndGet();
    if (request.getSku().startsWith("broken")) {
      throw Status.INVALID_ARGUMENT
          .withDescription("no shelf has " + request.getSku())
          .asRuntimeException();
    }
    return Reservation.newBuilder()
        .setId("r-" + request.getOrderId())
        .setSku(request.getSku())
        .setQuantity(request.getQuantity())
        .build();
  }

  @Override
  public Source<StockLevel> watch(WatchRequest request) {
    return Source.from(request.getSkusList()).map(ShopHandler::level);
  }

  @Override
  public ImportSummary import_(Source<StockLevel> requests) {
    return ImportSummary.newBuilder().setAccepted(requests.toList().size()).build();
  }

  @Override
  public Source<StockLevel> sync(Source<StockLevel> requests) {
    UnaryOperator<StockLevel> doubled =
        each -> each.toBuilder().setQuantity(2 * each.getQuantity()).build();
    return requests.map(doubled);
  }

  private static StockLevel level(String sku) {
    return StockLevel.newBuilder().setSku(sku).setQuantity(7).build();
  }
}
