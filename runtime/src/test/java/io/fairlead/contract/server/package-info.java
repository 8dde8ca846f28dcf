@NullMarked
package io.fairlead.contract.server;

import org.jspecify.annotations.NullMarked;
