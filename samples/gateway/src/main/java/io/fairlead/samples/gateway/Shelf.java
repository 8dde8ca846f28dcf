package io.fairlead.samples.gateway;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.gateway.books.Book;
import io.fairlead.samples.gateway.books.Books;
import io.fairlead.samples.gateway.books.GetBookRequest;
import io.fairlead.samples.gateway.books.Line;
import io.grpc.Status;
import java.util.stream.Stream;

/** Knows one book. It does not know by which protocol it is asked. */
final class Shelf implements Books {
  private static final String ISBN = "9780142437247";

  @Override
  public Book getBook(GetBookRequest request) {
    check(request);
    return Book.newBuilder().setIsbn(ISBN).setTitle("Moby-Dick").build();
  }

  @Override
  public Source<Line> read(GetBookRequest request) {
    check(request);
    return Source.from(Stream.of("Call me Ishmael.", "Some years ago").map(text -> line(text)));
  }

  private static Line line(String text) {
    return Line.newBuilder().setText(text).build();
  }

  private static void check(GetBookRequest request) {
    if (!request.getIsbn().equals(ISBN)) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND, "there is no book " + request.getIsbn() + "; try " + ISBN);
    }
  }
}
