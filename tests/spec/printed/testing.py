from datetime import datetime
import pytest
from unittest.mock import Mock, patch
from hitl_tui import HumanInteractionRequest, InteractionType

class TestInteractionWorkflows:
    def setup_method(self):
        self.mock_storage = Mock()
        self.mock_handler = Mock()
        self.agent = InteractionAgent()
        self.agent.interaction_handler = self.mock_handler
    
    def test_approval_interaction_created(self):
        inputs = {"approval_data": {"amount": 5000, "type": "expense"}}
        
        result = self.agent.process(inputs)
        
        assert result["status"] == "pending_approval"
        assert "interaction_request_id" in result
        self.mock_handler.display_interaction_request.assert_called_once()
    
    def test_timeout_handling(self):
        # Test that interactions handle timeouts appropriately
        with patch('datetime.datetime') as mock_datetime:
            # Set up timeout scenario
            mock_datetime.utcnow.return_value = datetime(2024, 1, 1, 12, 0, 0)
            
            # Create interaction with timeout
            result = self.agent.process_with_timeout({"data": "test"}, timeout=30)
            
            # Verify timeout was set
            assert result["timeout_seconds"] == 30
    
    def test_interaction_validation(self):
        # Test that invalid interactions are rejected
        with pytest.raises(ValueError):
            self.agent.process({"invalid": "data"})
