"""The page on which an expert looks at what was spotted in a video, and corrects it."""
