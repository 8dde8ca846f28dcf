/** One server, called by gRPC, Connect, REST and a web page. */
@NullMarked
package io.fairlead.samples.gateway;

import org.jspecify.annotations.NullMarked;
