"""What the sources in AWS share: sessions and the meaning of errors."""
