package io.fairlead.samples.migrate;

import io.fairlead.samples.migrate.orders.FindRequest;
import io.fairlead.samples.migrate.orders.Order;
import io.fairlead.samples.migrate.orders.Orders;
import io.fairlead.samples.migrate.orders.Receipt;

/** The same service after the move: plain methods, no base class. */
final class MovedOrders implements Orders {
  @Override
  public Order find(FindRequest request) {
    return Order.newBuilder().setNumber(request.getNumber()).setArticle("anchor chain").build();
  }

  @Override
  public Receipt place(Order order) {
    return Receipt.newBuilder().setText("placed " + order.getArticle()).build();
  }
}
