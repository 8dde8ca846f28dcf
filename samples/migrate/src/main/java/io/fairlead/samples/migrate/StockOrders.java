package io.fairlead.samples.migrate;

import io.fairlead.samples.migrate.orders.FindRequest;
import io.fairlead.samples.migrate.orders.Order;
import io.fairlead.samples.migrate.orders.OrdersGrpc;
import io.fairlead.samples.migrate.orders.Receipt;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;

/** The service as the team has it, on the stock base class. Every third search fails. */
final class StockOrders extends OrdersGrpc.OrdersImplBase {
  private final AtomicInteger searches = new AtomicInteger();

  @Override
  public void find(FindRequest request, StreamObserver<Order> answer) {
    if (searches.incrementAndGet() % 3 == 0) {
      answer.onError(Status.UNAVAILABLE.withDescription("the index is busy").asException());
      return;
    }
    answer.onNext(
        Order.newBuilder().setNumber(request.getNumber()).setArticle("anchor chain").build());
    answer.onCompleted();
  }

  @Override
  public void place(Order order, StreamObserver<Receipt> answer) {
    answer.onNext(Receipt.newBuilder().setText("placed " + order.getArticle()).build());
    answer.onCompleted();
  }
}
